"""Lists made at the moment they are asked for: findings and accounts as filtered. Stored files are in files.py."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping.export import AccountQuery, accounts_csv, accounts_xlsx
from rcx_app.domain.reconcile.screens.export import findings_csv
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_BLOCK = 64 * 1024
# Up to this a list is held in memory, beyond it lies in an unnamed file.
_IN_MEMORY = 4 * 1024 * 1024


@as_json
async def findings(request: Request) -> Response:
    """``GET /exports/findings.csv?kind=...``: the findings that the page of the same query shows, all of them."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.READ)
    query = FindingQuery.from_params(request.query_params)
    written = await asyncio.to_thread(_write, identity.context, query)
    name = f"findings-{clock.today():%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(_blocks(written), media_type="text/csv; charset=utf-8", headers=headers)


@as_json
async def accounts(request: Request) -> Response:
    """``GET /exports/accounts.csv?tab=...`` (or ``.xlsx``): the accounts that the mapping page of this query shows."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.READ)
    kind = request.url.path.rpartition(".")[2]
    query = AccountQuery.from_params(request.query_params)
    written = await asyncio.to_thread(_write_accounts, identity.context, query, kind)
    name = f"accounts-{clock.today():%Y-%m-%d}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(_blocks(written), media_type=_MEDIA[kind], headers=headers)


def _write_accounts(context: Context, query: AccountQuery, kind: str) -> IO[bytes]:
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        with transaction(context, read_only=True) as session:
            _ACCOUNTS[kind](session, context, query, out)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _write(context: Context, query: FindingQuery) -> IO[bytes]:
    """The whole list, read in one transaction, from its beginning. UTF-8 with the mark that Excel looks for."""
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
        with transaction(context, read_only=True) as session:
            findings_csv(session, context, query, text)
        text.detach()
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


async def _blocks(source: IO[bytes]) -> AsyncIterator[bytes]:
    with source:
        while block := await asyncio.to_thread(source.read, _BLOCK):
            yield block


_ACCOUNTS = {"csv": accounts_csv, "xlsx": accounts_xlsx}
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Before `/exports/{name}`, which would take them for stored files.
ROUTES = [
    Route("/exports/findings.csv", findings, methods=["GET"]),
    *(Route(f"/exports/accounts.{kind}", accounts, methods=["GET"]) for kind in _ACCOUNTS),
]
