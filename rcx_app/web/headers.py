"""Security headers on every answer. Inline scripts of a page are allowed by their hashes, nothing else inline is."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rcx_app.core.settings import settings

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_SHORTCUTS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range")
_HASHED_FILES = "/assets/"


class SecurityHeaders:
    """ASGI middleware. HTML is held back until complete, because its policy names the hashes of its scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(_readable(scope), receive, _Answer(scope, send).send)


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._path: str = scope["path"]
        self._send = send
        self._held: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers:
                self._held = message
            else:
                await self._send(_with(message, self._path, ()))
        elif self._held is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send(_with(self._held, self._path, script_hashes(self._body)))
                self._held = None
                await self._send({"type": "http.response.body", "body": self._body})
        else:
            await self._send(message)


def policy(hashes: tuple[str, ...]) -> str:
    """The Content-Security-Policy. Reflex evaluates what the server sends (toasts): 'unsafe-eval'."""
    parts = urlsplit(settings().public_url)
    socket = f"{'wss' if settings().is_secure else 'ws'}://{parts.netloc}"
    scripts = " ".join(("'self'", "'unsafe-eval'", *hashes))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self' {socket}; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


@lru_cache(maxsize=256)
def script_hashes(html: bytes) -> tuple[str, ...]:
    """CSP sources of the inline scripts of a page."""
    digests = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(html))
    return tuple(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


def _with(message: Message, path: str, hashes: tuple[str, ...]) -> Message:
    # What people have uploaded is handed out under a policy of its own, which allows nothing at all.
    own = next((value for name, value in message["headers"] if name.lower() == b"content-security-policy"), None)
    added = {
        b"content-security-policy": own or policy(hashes).encode(),
        b"x-content-type-options": b"nosniff",
        b"x-frame-options": b"DENY",
        b"referrer-policy": b"strict-origin-when-cross-origin",
        b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
    }
    if settings().is_secure:
        added[b"strict-transport-security"] = b"max-age=31536000; includeSubDomains"
    if path.startswith(_HASHED_FILES) and message["status"] == 200:
        added[b"cache-control"] = b"public, max-age=31536000, immutable"
    present = {name.lower() for name, _ in message["headers"]}
    if b"cache-control" not in present and b"cache-control" not in added:
        added[b"cache-control"] = b"no-cache"
    kept = [(name, value) for name, value in message["headers"] if name.lower() not in added]
    return {**message, "headers": [*kept, *added.items()]}


def _readable(scope: Scope) -> Scope:
    """Pages are asked for whole, plain and anew, so that their scripts can be read; files stay as they are.

    A "not modified" would replace the policy of the page that the browser holds by one without its hashes.
    """
    if "." in scope["path"].rpartition("/")[2]:
        return scope
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _SHORTCUTS]
    extensions = {name: value for name, value in scope.get("extensions", {}).items() if "pathsend" not in name}
    return {**scope, "headers": headers, "extensions": extensions}
