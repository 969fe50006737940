"""The configuration list, and leaving things out of or taking them into comparisons from it, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.configuration.repository import ConfigRepository
from rcx_app.domain.configuration.schemas import Chosen, ConfigHead, ConfigQuery, ConfigRow, Kind, Status
from rcx_app.domain.exclusions import service as exclusions
from rcx_app.domain.exclusions.repository import ExclusionRepository
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.domain.service_rules import screens as services
from rcx_app.domain.service_rules.schemas import RuleView

MOST_AT_ONCE = 500
_SCOPE = {Kind.USAGE: "sku", Kind.PRODUCT: "product", Kind.LINE: "line"}


def head(session: Session, context: Context) -> ConfigHead:
    """What stands around the list."""
    context.require(Permission.READ)
    repository = ConfigRepository(session, context)
    active, offered = _ruled(session, context)
    numbers = repository.numbers(ConfigQuery(), clock.today(), list(active), list(offered))
    return ConfigHead(numbers, tuple(repository.integrations()))


def page(session: Session, context: Context, query: ConfigQuery, cursor: str = "") -> Page[ConfigRow]:
    """Accounts, SKUs of usage, billed products and lines of all integrations. The total is counted for the first page
    only."""
    context.require(Permission.READ)
    repository, day = ConfigRepository(session, context), clock.today()
    active, offered = _ruled(session, context)
    found, following = repository.rows(query, day, list(active), list(offered), cursor)
    total = None
    if not cursor:
        total = sum(repository.numbers(query, day, list(active), list(offered)).values())
    accounts = [int(row.key) for row in found if row.kind == Kind.ACCOUNT]
    known = _Known(
        seats=repository.seats(accounts),
        lines=repository.quantities([(row.connection_id, row.key) for row in found if row.kind == Kind.LINE]),
        clients=repository.client_names([row.target_id for row in found if row.target_id]),
        rules={**offered, **active},
        left_out=repository.left_out([row.exclusion_id for row in found if row.exclusion_id], accounts),
    )
    return Page(tuple(_row(row, known) for row in found), following, total)


def exclude(session: Session, context: Context, chosen: Sequence[Chosen], reason: str) -> int:
    """Leave all of these out of comparisons, or none; returns how many.

    Raises NotPermitted where the role allows not all of their kinds, Conflict where anything changed since it was
    seen or is left out already, Invalid without a reason.
    """
    accounts, others = _parted(context, chosen)
    if accounts:
        mapping.decide_many(session, context, accounts, Verdict.EXCLUDE, note=reason)
    for each in others:
        exclusions.exclude(session, context, _SCOPE[each.kind], each.connection_id, each.key, reason)
    return len(chosen)


def include(session: Session, context: Context, chosen: Sequence[Chosen]) -> int:
    """Take all of these in again, or none; returns how many. What is not left out is an error (Invalid)."""
    accounts, others = _parted(context, chosen)
    if accounts:
        mapping.decide_many(session, context, accounts, Verdict.RESET)
    repository = ExclusionRepository(session, context)
    for each in others:
        row = repository.found(_SCOPE[each.kind], each.connection_id, each.key)
        if row is None:
            raise Invalid(f"{each.key[:80]!r} is not excluded.", remedy="Open the list anew.")
        exclusions.lift(session, context, row.id)
    return len(chosen)


def _parted(context: Context, chosen: Sequence[Chosen]) -> tuple[list[tuple[int, int]], list[Chosen]]:
    """(account id, version) of the accounts, and the services."""
    if (
        not chosen
        or len(chosen) > MOST_AT_ONCE
        or len({(each.kind, each.connection_id, each.key) for each in chosen}) != len(chosen)
    ):
        raise Invalid(f"Between 1 and {MOST_AT_ONCE} different rows can be chosen.", remedy="Choose the rows again.")
    accounts = [each for each in chosen if each.kind is Kind.ACCOUNT]
    others = [each for each in chosen if each.kind is not Kind.ACCOUNT]
    if accounts:
        context.require(Permission.MAP)
    if others:
        context.require(Permission.RULES)
    if not all(each.key.isascii() and each.key.isdecimal() and len(each.key) < 18 for each in accounts):
        raise Invalid("This account is not known.", remedy="Open the list anew.")
    return [(int(each.key), each.version) for each in accounts], others


def _ruled(session: Session, context: Context) -> tuple[dict[str, RuleView], dict[str, RuleView]]:
    """By folded product code: the active rule, and the suggested one where none is active."""
    active: dict[str, RuleView] = {}
    offered: dict[str, RuleView] = {}
    for view in services.rules(session, context):
        for code in view.spec.products:
            (active if view.state == "active" else offered).setdefault(fold(code), view)
    return active, {key: view for key, view in offered.items() if key not in active}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows of one page need besides."""

    seats: Mapping[int, int]
    lines: Mapping[tuple[int, str], tuple[Decimal, str]]
    clients: Mapping[int, str]
    rules: Mapping[str, RuleView]
    left_out: Mapping[tuple[str, int], tuple[str, datetime | None]]


def _row(row: Any, known: _Known) -> ConfigRow:
    kind = Kind(row.kind)
    billed, product_key = (
        known.lines.get((row.connection_id, row.key), (Decimal(0), "")) if kind is Kind.LINE else (0, "")
    )
    client = known.clients.get(row.target_id, "")
    target = client if kind is Kind.ACCOUNT else ""
    if kind in (Kind.PRODUCT, Kind.LINE) and row.status in (Status.SET, Status.REVIEW):
        target = known.rules[product_key or row.key].name
    own = ("account", int(row.key)) if kind is Kind.ACCOUNT else ("service", int(row.exclusion_id))
    who, when = known.left_out.get(own, ("", None))
    return ConfigRow(
        kind=kind,
        connection_id=row.connection_id,
        connection=row.connection,
        key=row.key,
        name=row.name,
        code=row.code,
        units=known.seats.get(int(row.key), 0) if kind is Kind.ACCOUNT else billed or int(row.units),
        status=Status(row.status),
        state=row.state,
        target=target,
        note=row.note,
        version=row.version,
        exclusion_id=row.exclusion_id or None,
        client_id=row.target_id or 0,
        client=client,
        left_out_by=who,
        left_out_at=when,
    )
