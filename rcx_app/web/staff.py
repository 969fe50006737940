"""Entering and leaving a workspace as an agent: plain forms, since each begins a new session with its own cookie."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.domain.identity.schemas import Device, Identity, NewSession
from rcx_app.domain.staff import access
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.gate import plain, who, with_cookie
from rcx_app.web.socket import close_sockets


@plain
async def enter(request: Request) -> Response:
    fields = await read_form(request)
    identity = await who(request)
    wanted = fields.get("workspace_id", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0
    begun = await asyncio.to_thread(_enter, identity, number, device_of(request))
    close_sockets(identity.session_id)
    return with_cookie(RedirectResponse("/", 303), begun)


@plain
async def leave(request: Request) -> Response:
    await read_form(request)
    identity = await who(request)
    begun = await asyncio.to_thread(_leave, identity, device_of(request))
    close_sockets(identity.session_id)
    return with_cookie(RedirectResponse(f"/staff/workspaces/{identity.workspace_id}", 303), begun)


def _enter(identity: Identity, workspace_id: int, device: Device) -> NewSession:
    with transaction(None) as session:
        return access.enter(session, identity, workspace_id, device)


def _leave(identity: Identity, device: Device) -> NewSession:
    with transaction(None) as session:
        return access.leave(session, identity, device)


ROUTES = [Route("/staff/enter", enter, methods=["POST"]), Route("/staff/leave", leave, methods=["POST"])]
