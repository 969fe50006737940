"""A change set as a file, for people who type it into the PSA themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core.errors import NotFound, NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.writeback import handoff
from rcx_app.web import lists
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

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
    context, number = identity.context, int(asked)
    return await lists.answer(
        context, f"CS-{asked}", kind, lambda session, out: handoff.export(session, context, number, kind, out)
    )


ROUTES = [Route(f"/exports/changes.{kind}", change_set, methods=["GET"]) for kind in lists.MEDIA]
