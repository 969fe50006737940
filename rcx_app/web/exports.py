"""Lists made at the moment they are asked for: those of Billing, and accounts, as filtered. Stored: files.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO, Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping.export import AccountQuery, accounts_csv, accounts_xlsx
from rcx_app.domain.reconcile.screens.export import clients_file, findings_file, services_file
from rcx_app.domain.reconcile.screens.flag_list import flags_file
from rcx_app.domain.reconcile.screens.flag_query import FlagQuery
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.schemas import ClientFilters
from rcx_app.domain.reports.export import report_file
from rcx_app.domain.views import service as views
from rcx_app.web import lists
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_Write = Callable[[Session, Context, dict[str, str], IO[bytes], str, Sequence[str]], Any]


@as_json
async def billing(request: Request) -> Response:
    """``GET /exports/findings.csv?kind=...`` (or ``.xlsx``; findings, clients, services, flags, report): what the page
    of the same query shows, all of it, in the columns that the asking person chose there."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.READ)
    name, _, kind = request.url.path.rpartition("/")[2].partition(".")
    page, write = _BILLING[name]
    asked = dict(request.query_params)
    context = identity.context

    def whole(session: Session, out: IO[bytes]) -> None:
        columns = views.looks(session, context).columns[page] if page else ()
        write(session, context, asked, out, kind, columns)

    return await lists.answer(context, f"{name}-{clock.today():%Y-%m-%d}", kind, whole)


@as_json
async def accounts(request: Request) -> Response:
    """``GET /exports/accounts.csv?tab=...`` (or ``.xlsx``): the accounts that the mapping page of this query shows."""
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    identity.context.require(Permission.READ)
    kind = request.url.path.rpartition(".")[2]
    query = AccountQuery.from_params(request.query_params)
    context, write = identity.context, _ACCOUNTS[kind]
    name = f"accounts-{clock.today():%Y-%m-%d}"
    return await lists.answer(context, name, kind, lambda session, out: write(session, context, query, out))


def _findings(
    session: Session, context: Context, asked: dict[str, str], out: IO[bytes], kind: str, columns: Sequence[str]
) -> None:
    findings_file(session, context, FindingQuery.from_params(asked), out, kind, columns)


def _clients(
    session: Session, context: Context, asked: dict[str, str], out: IO[bytes], kind: str, columns: Sequence[str]
) -> None:
    filters = ClientFilters(search=asked.get("find", ""), only_open=asked.get("findings", "") == "open")
    clients_file(session, context, filters, asked.get("sort", "name"), out, kind, columns)


def _services(
    session: Session, context: Context, asked: dict[str, str], out: IO[bytes], kind: str, columns: Sequence[str]
) -> None:
    services_file(session, context, asked.get("find", ""), asked.get("sort", "-impact"), out, kind, columns)


def _flags(
    session: Session, context: Context, asked: dict[str, str], out: IO[bytes], kind: str, columns: Sequence[str]
) -> None:
    flags_file(session, context, FlagQuery.from_params(asked), out, kind, columns)


def _report(
    session: Session, context: Context, asked: dict[str, str], out: IO[bytes], kind: str, columns: Sequence[str]
) -> None:
    del columns  # those of a report are always the same
    report_file(session, context, asked, out, kind)


# By file: the list whose columns it has (none where they can't be chosen), and what writes it.
_BILLING: dict[str, tuple[str, _Write]] = {
    "findings": ("queue", _findings),
    "clients": ("clients", _clients),
    "services": ("services", _services),
    "flags": ("flagged", _flags),
    "report": ("", _report),
}
_ACCOUNTS = {"csv": accounts_csv, "xlsx": accounts_xlsx}
# Before `/exports/{name}`, which would take them for stored files.
ROUTES = [
    *(Route(f"/exports/{name}.{kind}", billing, methods=["GET"]) for name in _BILLING for kind in _ACCOUNTS),
    *(Route(f"/exports/accounts.{kind}", accounts, methods=["GET"]) for kind in _ACCOUNTS),
]
