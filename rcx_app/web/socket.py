"""The gate before the event socket: own pages only, one session a socket, no floods.

It replaces the cookie by the session's id, so that the token reaches neither a state store nor a log, and it names
the tab's state by session and tab (`bound_token`). A socket without a session is told to sign in and closed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rcx_app.core import log
from rcx_app.domain.identity.schemas import SESSION_HEADER, Identity
from rcx_app.web.origin import is_same_origin
from rcx_app.web.session import bound_token, identify

EVENT_PATH = "/_event"
MAX_MESSAGE_CHARS = 256 * 1024
MAX_SOCKETS = 60
# A person with auto-repeating keys sends about 30 events a second.
EVENTS_PER_S, EVENTS_BURST = 40.0, 120.0
_GO_TO_SIGN_IN = "window.location.assign('/sign-in?next=' + encodeURIComponent(location.pathname + location.search))"

_GONE: Message = {"type": "websocket.disconnect", "code": 1008}

_open: defaultdict[int, set[_Socket]] = defaultdict(set)


class SocketGate:
    """ASGI middleware for ``/_event``; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
        elif not scope["path"].startswith(EVENT_PATH) or not is_same_origin(scope["headers"]):
            log.get("socket").warning("socket_refused", path=scope["path"][:80])
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif (identity := await identify(scope["headers"])) is None:
            await _ask_to_sign_in(scope, receive, send)
        else:
            await self._carry(scope, receive, send, identity)

    async def _carry(self, scope: Scope, receive: Receive, send: Send, identity: Identity) -> None:
        sockets = _open[identity.session_id]
        if len(sockets) >= MAX_SOCKETS:
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        socket = _Socket(receive)
        sockets.add(socket)
        try:
            await self.app(_bound(scope, identity), socket.receive, send)
        finally:
            socket.end()
            sockets.discard(socket)
            if not sockets:
                _open.pop(identity.session_id, None)


class _Socket:
    """One open socket: a flood is read more slowly (`EVENTS_PER_S`), an oversized message or `end` disconnects it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._credit, self._at = EVENTS_BURST, time.monotonic()

    async def receive(self) -> Message:
        message = await self._next()
        if message["type"] != "websocket.receive":
            return message
        if len(message.get("text") or message.get("bytes") or "") > MAX_MESSAGE_CHARS:
            return _GONE
        now = time.monotonic()
        self._credit = min(EVENTS_BURST, self._credit + (now - self._at) * EVENTS_PER_S) - 1
        self._at = now
        if self._credit < 0:
            await asyncio.sleep(-self._credit / EVENTS_PER_S)
        return message

    def end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def _next(self) -> Message:
        # A server's own "close" waits until nobody reads any more, so the reading side has to let go first.
        reading = asyncio.ensure_future(self._receive())
        await asyncio.wait((reading, self._ended), return_when=asyncio.FIRST_COMPLETED)
        if not self._ended.done():
            return await reading
        reading.cancel()
        return _GONE


def close_sockets(session_id: int) -> None:
    """Close all sockets of a session that has ended, in this process; elsewhere the guard refuses the next event."""
    for socket in list(_open.get(session_id, ())):
        socket.end()


def _bound(scope: Scope, identity: Identity) -> Scope:
    """The scope without cookies, with the session's id, and with the tab's token bound to the session."""
    private = (b"cookie", b"authorization", SESSION_HEADER.encode())
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in private]
    headers.append((SESSION_HEADER.encode(), str(identity.session_id).encode()))
    query = [(key, value) for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key != "token"]
    tabs = [value for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key == "token"]
    query += [("token", bound_token(identity, tabs[0]))] if tabs else []
    return {**scope, "headers": headers, "query_string": urlencode(query).encode()}


async def _ask_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    """Speak just enough of the protocol (Engine.IO 4, Socket.IO 5) to send the page to sign-in; run nothing."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope.get("subprotocols") or ()), None)})
    hello = {"sid": secrets.token_hex(8), "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000}
    await send(_text("0" + json.dumps({**hello, "maxPayload": 100_000})))
    try:
        packet = (await asyncio.wait_for(receive(), 10)).get("text") or ""
        if packet.startswith("40"):
            space = packet[2:].partition(",")[0] if packet[2:3] == "/" else ""
            prefix = f"{space}," if space else ""
            event = {"name": "_call_script", "payload": {"javascript_code": _GO_TO_SIGN_IN, "callback": None}}
            update: dict[str, Any] = {"delta": {}, "events": [event], "final": True}
            await send(_text(f'40{prefix}{{"sid":"{secrets.token_hex(8)}"}}'))
            await send(_text(f"42{prefix}{json.dumps(['event', update])}"))
            await asyncio.wait_for(receive(), 10)
    except TimeoutError:
        pass
    await send({"type": "websocket.close", "code": 1008})


def _text(text: str) -> Message:
    return {"type": "websocket.send", "text": text}
