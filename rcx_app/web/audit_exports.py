"""The audit log as a file, and the note that is made of every list or file that leaves RCX."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit.export import audit_file
from rcx_app.domain.audit.query import AuditQuery
from rcx_app.web import lists
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_QUERY_LENGTH = 500


@as_json
async def audit_log(request: Request) -> Response:
    """``GET /exports/audit.csv?who=...`` (or ``.xlsx``): the entries that the page of the same query shows, all."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.SETTINGS)
    kind = request.url.path.rpartition(".")[2]
    query = AuditQuery.from_params(request.query_params)
    context, name = identity.context, f"audit-{clock.today():%Y-%m-%d}"
    return await lists.answer(context, name, kind, lambda session, out: audit_file(session, context, query, out, kind))


def noted(route: Route) -> Route:
    """`route`, whose every good answer is recorded as an export before it is sent."""
    endpoint = route.endpoint

    async def answer(request: Request) -> Response:
        response: Response = await endpoint(request)
        if response.status_code == 200:
            identity = await identify(request.scope["headers"])
            if identity is not None:
                await asyncio.to_thread(_note, identity.context, request)
        return response

    return Route(route.path, answer, methods=sorted(route.methods or {"GET"}))


def _note(context: Context, request: Request) -> None:
    name, _, kind = request.url.path.rpartition("/")[2].partition(".")
    is_list = f"/exports/{name}.{kind}" in _LISTS
    detail = {"format": kind, "query": request.url.query[:_QUERY_LENGTH]} if is_list else {"name": f"{name}.{kind}"}
    with transaction(context) as session:
        audit.record(session, context, f"export:{name}" if is_list else "export:file", detail=detail)


_LISTS: set[str] = set()


def all_noted(routes: list[Route], stored: Route) -> list[Route]:
    """The exports of the whole server: lists under their own names, then stored files, each noted."""
    named = [*(Route(f"/exports/audit.{kind}", audit_log, methods=["GET"]) for kind in lists.MEDIA), *routes]
    _LISTS.update(each.path for each in named)
    return [noted(each) for each in (*named, stored)]
