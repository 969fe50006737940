"""A booking's calendar file for those whose workspace it is: ``GET /calendar-files/<booking>.ics``."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotSignedIn
from rcx_app.domain.booking import service
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_LONGEST_NUMBER = 15


@as_json
async def calendar_file(request: Request) -> Response:
    """The file, to be opened by a calendar. Another workspace's booking is not found, like one that never was."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    number = request.path_params["name"].removesuffix(".ics")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise NotFound("This booking")
    text = await asyncio.to_thread(_read, identity.context, int(number))
    headers = {"content-disposition": f'attachment; filename="rcx-{number}.ics"', "cache-control": "no-store"}
    return Response(text.encode(), media_type="text/calendar; charset=utf-8", headers=headers)


def _read(context: Context, booking_id: int) -> str:
    with transaction(context, read_only=True) as session:
        return service.download(session, context, booking_id)


ROUTES = [Route("/calendar-files/{name}", calendar_file, methods=["GET"])]
