"""Whether a request comes from our own pages: the check that keeps other sites from acting with a person's cookie."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from rcx_app.core.settings import settings

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def allowed_origins() -> list[str]:
    """The origins that people may load RCX from. One machine answers to all its loopback names."""
    parts = urlsplit(settings().public_url)
    own = f"{parts.scheme}://{parts.netloc}"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if host not in _LOOPBACK:
        return [own]
    port = f":{parts.port}" if parts.port else ""
    return [own, *(f"{parts.scheme}://{name}{port}" for name in _LOOPBACK if name != host)]


def is_same_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """A browser's request from our own page.

    Origin decides; where a browser leaves it out, Referer does. A request with neither is refused. Browsers that
    send Sec-Fetch-Site must agree.
    """
    found = {name.lower(): value.decode("latin-1") for name, value in headers}
    if found.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = found.get(b"origin")
    if origin is None:
        referrer = urlsplit(found.get(b"referer", ""))
        origin = f"{referrer.scheme}://{referrer.netloc}"
    return origin in allowed_origins()


def local_path(target: str) -> str:
    """`target` where it is a path of this site, else ``/``: no way to be sent elsewhere after sign-in."""
    if not target.startswith("/") or target.startswith("//") or any(ord(char) < 33 or char == "\\" for char in target):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"
