"""The session of a request: its cookie, and who it belongs to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service
from rcx_app.domain.identity.schemas import Identity

Headers = Iterable[tuple[bytes, bytes]]


def cookie_name() -> str:
    """`__Host-` binds the cookie to this very host and to TLS; browsers refuse it without TLS."""
    return "__Host-rcx_session" if settings().is_secure else "rcx_session"


def token_of(headers: Headers) -> str:
    """The session token in the request's cookies, or nothing."""
    jar: SimpleCookie = SimpleCookie()
    for name, value in headers:
        if name.lower() == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                continue
    found = jar.get(cookie_name())
    return found.value if found else ""


def set_cookie(token: str, max_age_s: int) -> str:
    """The value of a Set-Cookie header that gives the browser its session."""
    secure = "; Secure" if settings().is_secure else ""
    return f"{cookie_name()}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}"


def clear_cookie() -> str:
    return set_cookie("", 0)


def bound_token(identity: Identity, client_token: str) -> str:
    """The name under which Reflex keeps the state of a browser tab of this session.

    It hangs on the session: whoever presents the same tab token from another session gets another state.
    """
    return hashlib.sha256(f"{identity.session_key}|{client_token}".encode()).hexdigest()[:40]


async def identify(headers: Headers, *, half: bool = False) -> Identity | None:
    """Who the request's cookie belongs to. Who must set up two-factor first: only with `half`."""
    token = token_of(headers)
    return await asyncio.to_thread(_by_token, token, half) if token else None


def _by_token(token: str, half: bool) -> Identity | None:
    with transaction(None, read_only=True) as session:
        return service.resolve(session, token, half=half)
