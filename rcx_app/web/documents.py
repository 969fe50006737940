"""What of the user interface's own server may be reached at all, and that its pages are for signed-in people."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service
from rcx_app.web.session import identify, set_cookie, token_of


class Documents:
    """ASGI middleware: files and ``/ping`` for all, pages for the signed-in, nothing else (no ``/_upload``)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/ping" or _is_file(scope):
            await self.app(scope, receive, send)
        elif scope["path"].startswith("/_") or scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        elif (identity := await identify(scope["headers"])) is None:
            await _to_sign_in(scope)(scope, receive, send)
        elif identity.rotation_due and (fresh := await asyncio.to_thread(_rotate, token_of(scope["headers"]))):
            await self.app(scope, receive, _adding_cookie(send, fresh))
        else:
            await self.app(scope, receive, send)


def _is_file(scope: Scope) -> bool:
    path: str = scope["path"]
    name = path.rpartition("/")[2]
    return scope["method"] in ("GET", "HEAD") and "." in name and not name.endswith(".html") and path[:2] != "/_"


def _to_sign_in(scope: Scope) -> Response:
    query = scope["query_string"].decode("latin-1")
    here = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse("/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='')}", 303)


def _rotate(token: str) -> str | None:
    with transaction(None) as session:
        return service.rotate(session, token)


def _adding_cookie(send: Send, token: str) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = set_cookie(token, settings().session_max_s).encode()
            message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie)]}
        await send(message)

    return adding
