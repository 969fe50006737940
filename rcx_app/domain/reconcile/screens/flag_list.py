"""All flags of the last run, by group of kinds: a page of them, how many there are, and the file of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens.export import Field, every, write_fields
from rcx_app.domain.reconcile.screens.flag_query import FlagQuery
from rcx_app.domain.reconcile.screens.flag_repository import FlagRepository
from rcx_app.domain.reconcile.screens.schemas import FilterOption
from rcx_app.domain.reconcile.screens.service import last_run


@dataclass(frozen=True, slots=True)
class FlaggedRow:
    """A flag in a list. `integration` is where what it stands on was read; `seat` the seat's name; `finding_id` the
    finding on its line, where there is one; `detail` what else its kind says (a number of `seats`, a `sku`)."""

    flag_id: int
    kind: str
    client_id: int | None
    client_name: str
    line_id: int | None
    seat_id: int | None
    seat: str
    product_code: str
    sku: str
    seats: int
    message: str
    integration: str
    finding_id: int | None


@dataclass(frozen=True, slots=True)
class FlaggedHead:
    """`numbers`: flags by kind, whatever is filtered. `client_name`: of the client that is asked for."""

    has_run: bool
    numbers: dict[str, int]
    integrations: tuple[FilterOption, ...]
    client_name: str = ""


_FIELDS: tuple[Field, ...] = (
    ("client", "client", lambda row: row.client_name),
    ("kind", "kind", lambda row: row.kind),
    ("product_code", "product", lambda row: row.product_code),
    ("sku", "product", lambda row: row.sku),
    ("seat", "", lambda row: row.seat),
    ("seats", "", lambda row: row.seats or None),
    ("integration", "integration", lambda row: row.integration),
    ("said", "said", lambda row: row.message),
)


def head(session: Session, context: Context, query: FlagQuery) -> FlaggedHead:
    """What stands around the list."""
    context.require(Permission.READ)
    repository, last = FlagRepository(session, context), last_run(session, context)
    options = tuple(FilterOption(str(key), label, 0) for key, label in repository.integrations())
    name = repository.client_name(int(query.client)) if query.client else ""
    return FlaggedHead(last.has_run, repository.numbers(last.period), options, name)


def flagged(session: Session, context: Context, query: FlagQuery, cursor: str = "") -> Page[FlaggedRow]:
    """Flags of the last run, by kind. The total is counted for the first page only."""
    context.require(Permission.READ)
    repository, period = FlagRepository(session, context), last_run(session, context).period
    numbers = repository.numbers(period)
    kinds = query.kinds(numbers)
    client_id, connection_id = _id(query.client), _id(query.integration)
    rows, following = repository.page(period, kinds, client_id, connection_id, query.find, cursor)
    total = None
    if not cursor and not (client_id or connection_id or query.find.strip()):
        total = sum(numbers.get(kind, 0) for kind in kinds)
    elif not cursor:
        total = repository.count(period, kinds, client_id, connection_id, query.find)
    labels = {key: str(label) for key, label in repository.integrations()}
    return Page(tuple(_row(row, labels) for row in rows), following, total)


def flags_file(
    session: Session,
    context: Context,
    query: FlagQuery,
    out: IO[bytes],
    kind: str = "csv",
    columns: Sequence[str] | None = None,
) -> int:
    """Write every flag that the query asks for; returns how many."""
    rows = every(lambda cursor: flagged(session, context, query, cursor))
    return write_fields("Flags", _FIELDS, rows, out, kind, columns)


def _id(text: str) -> int | None:
    return int(text) if text else None


def _row(row: Any, labels: dict[int, str]) -> FlaggedRow:
    detail = row.detail or {}
    return FlaggedRow(
        flag_id=row.id,
        kind=row.kind,
        client_id=row.client_id,
        client_name=row.client_name or "",
        line_id=row.line_id,
        seat_id=row.seat_id,
        seat=row.seat_name or "",
        product_code=row.product_code,
        sku=str(detail.get("sku") or ""),
        seats=int(detail.get("seats") or 0),
        message=row.message,
        integration=labels.get(row.connection_id or detail.get("connection_id") or 0, ""),
        finding_id=row.finding_id,
    )
