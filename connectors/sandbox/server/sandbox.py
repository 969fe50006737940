"""One ASGI application that stands in for all vendors: it looks at the `Host` header to know who is meant.

Every vendor is served at its real hosts and paths; a connector reaches it by `Wire.sandbox_url` and is otherwise the
same. `/_sandbox` controls it: what there is, faults, days that pass, the clock.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from fnmatch import fnmatch
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from connectors.sandbox.server.control import control
from connectors.sandbox.server.faults import HUGE, Fault, Faults, bent
from connectors.sandbox.server.vendor import VendorServer, answer

VENDORS: dict[str, str] = {
    "connectwise": "connectors.sandbox.vendors.connectwise:ConnectWiseServer",
    "autotask": "connectors.sandbox.vendors.autotask:AutotaskServer",
    "halopsa": "connectors.sandbox.vendors.halopsa:HaloServer",
    "syncro": "connectors.sandbox.vendors.syncro:SyncroServer",
    "superops": "connectors.sandbox.vendors.superops:SuperOpsServer",
    "kaseya_bms": "connectors.sandbox.vendors.kaseya_bms:BmsServer",
    "microsoft365": "connectors.sandbox.vendors.microsoft365:Microsoft365Server",
    "partner_center": "connectors.sandbox.vendors.partner_center:PartnerCenterServer",
    "google_workspace": "connectors.sandbox.vendors.google_workspace:GoogleWorkspaceServer",
    "pax8": "connectors.sandbox.vendors.pax8:Pax8Server",
    "sherweb": "connectors.sandbox.vendors.sherweb:SherwebServer",
    "ninjaone": "connectors.sandbox.vendors.ninjaone:NinjaOneServer",
    "datto_rmm": "connectors.sandbox.vendors.datto_rmm:DattoRmmServer",
    "ncentral": "connectors.sandbox.vendors.ncentral:NCentralServer",
    "huntress": "connectors.sandbox.vendors.huntress:HuntressServer",
    "sentinelone": "connectors.sandbox.vendors.sentinelone:SentinelOneServer",
    "sophos": "connectors.sandbox.vendors.sophos:SophosServer",
    "bitdefender": "connectors.sandbox.vendors.bitdefender:BitdefenderServer",
    "webroot": "connectors.sandbox.vendors.webroot:WebrootServer",
    "acronis": "connectors.sandbox.vendors.acronis:AcronisServer",
    "veeam_vspc": "connectors.sandbox.vendors.veeam_vspc:VeeamVspcServer",
    "cove": "connectors.sandbox.vendors.cove:CoveServer",
    "proofpoint": "connectors.sandbox.vendors.proofpoint:ProofpointServer",
    "duo": "connectors.sandbox.vendors.duo:DuoServer",
    "keeper": "connectors.sandbox.vendors.keeper:KeeperServer",
}
"""Id -> module and class, the same ids as in `connectors.registry`."""
_NEVER_S = 3600.0
_PAGING = re.compile(r"page|cursor|after|offset|skip|token|start|seek|next", re.IGNORECASE)
_LARGE = re.compile(rb"\d{18,}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they were before any fault."""

    vendor: str
    method: str
    host: str
    path: str
    query: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


class Sandbox:
    """The application. `town` is the living estate (`connectors.sandbox.estate.town.Town`).

    `enforces_limits`: vendors refuse what exceeds their budgets. `keeps` exchanges in `exchanges` where a test wants
    to look at them. `before` is called with (vendor id, request) ahead of each request; `strangers` are hosts
    that no vendor has.
    """

    def __init__(self, town: Any, vendors: Mapping[str, str] | None = None, *, enforces_limits: bool = False) -> None:
        self.town = town
        self.enforces_limits = enforces_limits
        self.faults = Faults()
        self.keeps = False
        self.exchanges: list[Exchange] = []
        self.before: Callable[[str, Request], None] | None = None
        self.requests: dict[str, int] = {}
        self.strangers: list[str] = []
        self._ahead_s = 0.0
        self.servers = {name: _made(place, self) for name, place in (vendors or VENDORS).items()}
        self._apps = {name: Starlette(routes=list(server.routes())) for name, server in self.servers.items()}
        self._control = control(self)

    def now(self) -> float:
        """Seconds of the sandbox's clock: it runs with the real one and can be put ahead."""
        return time.monotonic() + self._ahead_s

    def put_ahead(self, seconds: float) -> None:
        """Let time pass: tokens grow old, windows of limits move on."""
        self._ahead_s += seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_sandbox"):
            await self._control(scope, receive, send)
            return
        request = Request(scope, receive)
        host = request.headers.get("host", "").lower()
        body = await request.body()
        hosting = (each for each in self.servers.values() if _is_host(each, host))
        server = next((each for each in hosting if each.takes(request, body)), None)
        if server is None:
            self.strangers.append(host)
            await PlainTextResponse(f"No vendor of the sandbox answers for {host}.\n", 421)(scope, receive, send)
            return
        self.requests[server.id] = self.requests.get(server.id, 0) + 1
        if self.before is not None:
            self.before(server.id, request)
        place = f"{host}{scope['path']}?{scope['query_string'].decode()}"
        faults = self.faults.due(server.id, place)
        await self._serve(server, request, body, faults, send)

    async def _serve(
        self, server: VendorServer, request: Request, body: bytes, faults: list[Fault], send: Send
    ) -> None:
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(float(fault.value or 1))
            elif fault.kind == "hang":
                await asyncio.sleep(_NEVER_S)
            elif fault.kind == "expire":
                server.tokens.revoke()
        status = next((fault for fault in faults if fault.kind == "status"), None)
        is_huge = any(fault.kind == "huge" for fault in faults)
        if any(fault.kind == "echo" for fault in faults):
            sent = " ".join([*request.headers.values(), body.decode(errors="replace"), str(request.url)])
            response = answer({"message": f"Rejected: {sent}", "error": sent, "errors": [sent]}, 400)
        elif status is not None:
            response = server.fault(int(status.value), retry_after=status.retry_after)
        else:
            response = await self._answered(server, request, _small(request.scope, body) if is_huge else body)
        if any(fault.kind == "repeat" for fault in faults):
            response = self.faults.last.get(_list(server, request), response)
        # By the estate's clock, so that what is read "since then" is what has happened since.
        response.headers["date"] = format_datetime(self.town.now, usegmt=True)
        self.faults.last[_list(server, request)] = response
        await _sent(response, faults, send)

    async def _answered(self, server: VendorServer, request: Request, body: bytes) -> Response:
        refusal = server.too_many() or server.refused(request)
        response = refusal or await _called(self._apps[server.id], request.scope, body)
        if self.keeps:
            self.exchanges.append(
                Exchange(
                    vendor=server.id,
                    method=request.method,
                    host=request.headers.get("host", ""),
                    path=request.scope["path"],
                    query=request.scope["query_string"].decode(),
                    request_headers=dict(request.headers),
                    request_body=body,
                    status=response.status_code,
                    headers=dict(response.headers),
                    body=bytes(response.body),
                )
            )
        return response


def _made(place: str, sandbox: Sandbox) -> VendorServer:
    module, _, name = place.partition(":")
    made: VendorServer = getattr(import_module(module), name)(sandbox)
    return made


def _is_host(server: VendorServer, host: str) -> bool:
    return any(fnmatch(host, pattern) or fnmatch(host.partition(":")[0], pattern) for pattern in server.hosts)


def _list(server: VendorServer, request: Request) -> tuple[str, ...]:
    """Which list a request reads a page of: all that it asks but the page."""
    asked = [f"{key}={value}" for key, value in request.query_params.items() if not _PAGING.search(key)]
    return (server.id, request.scope["path"], *sorted(asked))


async def _called(app: Starlette, scope: Scope, body: bytes) -> Response:
    """The application's whole answer."""
    parts: list[bytes] = []
    start: Message = {}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    response = Response(b"".join(parts), start["status"])
    response.raw_headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return response


async def _sent(response: Response, faults: list[Fault], send: Send) -> None:
    content = bytes(response.body)
    for fault in faults:
        content = bent(fault, content)
    headers = [pair for pair in response.raw_headers if pair[0].lower() != b"content-length"]
    if any(fault.kind == "html" for fault in faults):
        headers = [(b"content-type", b"text/html")]
    if foreign := next((fault for fault in faults if fault.kind == "foreign"), None):
        host = (foreign.value or "pages.evil.example").encode()
        headers = [
            (name, re.sub(rb"https?://[^/]+", b"https://" + host, value) if name.lower() == b"link" else value)
            for name, value in headers
        ]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    if any(fault.kind == "reset" for fault in faults):
        return
    if any(fault.kind == "cut" for fault in faults):
        # The rest never comes: the server closes the connection because less was sent than promised.
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": content})


def _small(scope: Scope, body: bytes) -> bytes:
    """Put ids that were made huge back to what the estate knows, in path, query and body."""

    def small(found: re.Match[bytes]) -> bytes:
        number = int(found[0])
        return str(number // HUGE).encode() if number % HUGE == 0 else found[0]

    scope["path"] = _LARGE.sub(small, scope["path"].encode()).decode()
    scope["query_string"] = _LARGE.sub(small, scope["query_string"])
    return _LARGE.sub(small, body)
