"""A change set as a file, for people who type it into the PSA themselves."""

from __future__ import annotations

import asyncio
import io

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.writeback import handoff
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_ID = 18


@as_json
async def change_set(request: Request) -> Response:
    """``GET /exports/changes.csv?set=131`` (or ``.xlsx``): what of that set is not sent, in the PSA's words."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.READ)
    kind, asked = request.url.path.rpartition(".")[2], request.query_params.get("set", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < _LONGEST_ID):
        raise NotFound("The change set")
    written = await asyncio.to_thread(_write, identity.context, int(asked), kind)
    headers = {"content-disposition": f'attachment; filename="CS-{asked}.{kind}"', "cache-control": "no-store"}
    return Response(written, media_type=_MEDIA[kind], headers=headers)


def _write(context: Context, change_set_id: int, kind: str) -> bytes:
    out = io.BytesIO()
    with transaction(context, read_only=True) as session:
        handoff.export(session, context, change_set_id, kind, out)
    return out.getvalue()


ROUTES = [Route(f"/exports/changes.{kind}", change_set, methods=["GET"]) for kind in _MEDIA]
