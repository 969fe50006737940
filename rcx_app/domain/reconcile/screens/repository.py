"""Queries of screens over stored results. Lists are keyset pages over indexed, never-null sort columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import col

from rcx_app.core import clock
from rcx_app.core.errors import Invalid
from rcx_app.core.pagination import PAGE_SIZE, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.repository import pick
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review.filtering import conditions
from rcx_app.models import (
    Account,
    AccountMapping,
    Client,
    Connection,
    Finding,
    Flag,
    MappingCandidate,
    ReconcileRun,
    Seat,
)

_BLOCK = 1000
# States of a mapping that a person may still confirm, and verdicts by which the model offers a client for it.
_WAITING = ("suggested", "unsure", "snoozed", "client_gone")
_OFFERED = ("preselect", "suggest")
_OPTIONS = 200

FINDING_SORTS: dict[str, Any] = {
    "age": Finding.first_found_at,
    "client": Finding.client_key,
    "service": Finding.service_key,
    "amount": Finding.sort_amount,
    "delta": Finding.sort_delta,
}
_FINDING_COLUMNS = (
    Finding.id,
    Finding.client_id,
    Finding.client_name,
    Finding.product_name,
    Finding.product_code,
    Finding.sku,
    Finding.integration,
    Finding.scope,
    Finding.kind,
    Finding.direction,
    Finding.billed_quantity,
    Finding.system_count,
    Finding.expected_quantity,
    Finding.delta,
    Finding.unit_price,
    Finding.amount,
    Finding.monthly_amount,
    Finding.currency,
    Finding.billing_cycle,
    Finding.is_ready,
    Finding.state,
    Finding.account_id,
    Finding.rule_id,
    Finding.first_found_at,
    Finding.explanation,
    Finding.service_key,
    Finding.series,
    Finding.line_id,
    # Only accounts without a client are named in a list, so this costs nothing for the other rows.
    pick(func.coalesce(func.nullif(col(Account.name), ""), col(Account.external_id)))
    .where(col(Account.id) == col(Finding.account_id))
    .scalar_subquery()
    .label("account_name"),
)


class ScreenRepository(Repository):
    """What screens read of one workspace."""

    noun = "This finding"

    def last_run(self) -> ReconcileRun | None:
        query = self.scoped(ReconcileRun).where(col(ReconcileRun.finished_at).is_not(None))
        found: ReconcileRun | None = self.session.scalars(query.order_by(col(ReconcileRun.id).desc()).limit(1)).first()
        return found

    def standing(self, period: date) -> tuple[ColumnElement[bool], ...]:
        """What makes a finding of the period stand."""
        return (
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.period) == period,
            col(Finding.resolved_at).is_(None),
        )

    def sums(self, period: date, client_id: int | None = None) -> list[Any]:
        """(currency, kind, is ready, direction, findings, monthly amount) of open findings, grouped."""
        keys = (Finding.currency, Finding.kind, Finding.is_ready, Finding.direction)
        query = pick(*keys, func.count(), func.sum(Finding.sort_amount)).where(
            *self.standing(period), col(Finding.state) == "open"
        )
        if client_id is not None:
            query = query.where(col(Finding.client_id) == client_id)
        return list(self.session.execute(query.group_by(*keys)))

    def findings(self, period: date, filters: FindingFilters, sort: str, cursor: str) -> tuple[list[Any], str]:
        query = pick(*_FINDING_COLUMNS).where(*self.standing(period), *self._filtered(filters))
        return self._page(query, FINDING_SORTS, sort, cursor, Finding.id)

    def count_findings(self, period: date, filters: FindingFilters) -> int:
        query = pick(func.count()).where(*self.standing(period), *self._filtered(filters))
        return int(self.session.execute(query).scalar_one())

    def all_findings(self, period: date, filters: FindingFilters, sort: str) -> Iterator[Any]:
        """Every finding of a filter in its order, read in blocks."""
        _, order = self._order(FINDING_SORTS, sort, Finding.id)
        query = pick(*_FINDING_COLUMNS).where(*self.standing(period), *self._filtered(filters)).order_by(*order)
        yield from self.session.execute(query.execution_options(yield_per=_BLOCK))

    def options(self, period: date, key: Any, label: Any) -> list[Any]:
        """(value, label, open findings) by one column, most first."""
        number = func.count()
        query = (
            pick(key, func.max(label), number)
            .where(*self.standing(period), col(Finding.state) == "open")
            .group_by(key)
            .order_by(number.desc(), key)
            .limit(_OPTIONS)
        )
        return list(self.session.execute(query))

    def services(self, period: date, search: str, sort: str, cursor: str) -> tuple[list[Any], str]:
        """Open findings by service, currency and whether they are accounts without a client."""
        amount: Any = Finding.sort_amount
        zero = Decimal(0)
        is_sure = and_(col(Finding.kind) == "calculated", col(Finding.is_ready).is_(True))
        is_under = and_(is_sure, col(Finding.direction) == "under")
        is_over = and_(is_sure, col(Finding.direction) == "over")
        is_account = case((col(Finding.scope) == "account", "account"), else_="service")
        is_compared = col(Finding.expected_quantity).is_not(None)
        query = pick(
            col(Finding.service_key),
            col(Finding.currency),
            is_account.label("scope"),
            # One text that is unique in the list, to tell apart what sorts alike.
            (col(Finding.service_key) + "\n" + col(Finding.currency) + "\n" + is_account).label("key"),
            func.max(Finding.product_name).label("name"),
            func.max(Finding.product_code).label("code"),
            func.max(Finding.integration).label("integration"),
            func.count().label("findings"),
            func.count(func.distinct(Finding.client_id)).label("clients"),
            func.sum(case((col(Finding.is_ready).is_(True), 0), else_=1)).label("not_ready"),
            func.sum(case((is_compared, col(Finding.billed_quantity)), else_=zero)).label("billed"),
            func.sum(case((is_compared, col(Finding.expected_quantity)), else_=zero)).label("expected"),
            func.sum(case((is_under, amount), else_=zero)).label("under"),
            func.sum(case((is_over, amount), else_=zero)).label("over"),
            func.sum(case((~is_sure, amount), else_=zero)).label("apart"),
            func.sum(case((is_under, amount), (is_over, -amount), else_=zero)).label("impact"),
        ).where(*self.standing(period), col(Finding.state) == "open")
        if search.strip():
            query = query.where(col(Finding.service_key).contains(fold(search), autoescape=True))
        grouped = query.group_by(col(Finding.service_key), col(Finding.currency), is_account).subquery()
        columns = grouped.c
        sorts = {
            "impact": columns.impact,
            "name": columns.service_key,
            "findings": columns.findings,
            "clients": columns.clients,
        }
        return self._page(pick(*columns), sorts, sort, cursor, columns.key)

    def findings_of(self, period: date, client_id: int) -> list[Any]:
        """All standing findings of a client, by service."""
        query = pick(*_FINDING_COLUMNS).where(*self.standing(period), col(Finding.client_id) == client_id)
        return list(self.session.execute(query.order_by(col(Finding.service_key), col(Finding.id))))

    def finding(self, finding_id: int) -> Finding:
        return self.get(Finding, finding_id)

    def pending_accounts(self, client_ids: Sequence[int]) -> list[Any]:
        """(client, connection id, account id, name or own id, label, live seats, confidence) of accounts that wait in
        the mapping queue with one of the clients as their best suggestion; the surest first."""
        name = func.coalesce(func.nullif(col(Account.name), ""), col(Account.external_id))
        candidate = MappingCandidate
        query = (
            pick(
                candidate.client_id,
                Connection.id,
                Account.id,
                name,
                Connection.label,
                live_seats(),
                candidate.confidence,
            )
            .join(AccountMapping, col(AccountMapping.account_id) == candidate.account_id)
            .join(Account, col(Account.id) == candidate.account_id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .where(
                col(candidate.workspace_id) == self.workspace_id,
                col(candidate.client_id).in_(list(client_ids)),
                col(candidate.rank) == 1,
                col(candidate.verdict).in_(_OFFERED),
                col(AccountMapping.state).in_(_WAITING),
                col(Account.removed_at).is_(None),
            )
        )
        return list(self.session.execute(query.order_by(col(candidate.confidence).desc(), col(Account.id))))

    def flags(
        self,
        period: date,
        *,
        client_id: int | None = None,
        kind: str = "",
        line_ids: Sequence[int] = (),
        cursor: str = "",
    ) -> tuple[list[Any], str]:
        """(id, kind, client, client's name, line, seat, product, message), by kind."""
        query = (
            pick(
                Flag.id,
                Flag.kind,
                Flag.client_id,
                Client.name,
                Flag.line_id,
                Flag.seat_id,
                Flag.product_code,
                Flag.message,
            )
            .outerjoin(Client, col(Client.id) == Flag.client_id)
            .where(col(Flag.workspace_id) == self.workspace_id, col(Flag.period) == period)
        )
        if client_id is not None:
            query = query.where(col(Flag.client_id) == client_id)
        if kind:
            query = query.where(col(Flag.kind) == kind)
        if line_ids:
            query = query.where(col(Flag.line_id).in_(list(line_ids)))
        return self._page(query, {"kind": Flag.kind}, "kind", cursor, Flag.id)

    def _filtered(self, filters: FindingFilters) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for column, wanted in (
            (Finding.kind, filters.kinds),
            (Finding.direction, filters.directions),
            (Finding.state, filters.states),
        ):
            if wanted:
                found.append(col(column).in_(list(wanted)))
        exact: tuple[tuple[Any, Any], ...] = (
            (Finding.client_id, filters.client_id),
            (Finding.rule_id, filters.rule_id),
            (Finding.is_ready, filters.is_ready),
            (Finding.integration, filters.integration or None),
            (Finding.product_code, filters.product_code or None),
            (Finding.service_key, filters.service_key or None),
            (Finding.currency, filters.currency or None),
            (Finding.scope, filters.scope or None),
        )
        found += [column == value for column, value in exact if value is not None]
        if filters.search.strip():
            text = fold(filters.search)
            columns = (col(Finding.client_key), col(Finding.service_key))
            found.append(or_(*(column.contains(text, autoescape=True) for column in columns)))
        if filters.min_amount is not None:
            amount = col(Finding.sort_amount)
            found.append(or_(amount >= filters.min_amount, amount <= -filters.min_amount))
        if filters.min_days is not None:
            found.append(col(Finding.first_found_at) <= clock.now() - timedelta(days=filters.min_days))
        return found + conditions(self.context, filters)

    def _order(self, sorts: dict[str, Any], sort: str, id_column: Any) -> tuple[Any, list[Any]]:
        """The sort's column, and what to order by. Raises Invalid for an unknown sort."""
        name = sort.removeprefix("-")
        if name not in sorts:
            raise Invalid(f"A list can't be sorted by {name!r}.", remedy=f"Use one of {', '.join(sorts)}.")
        column = sorts[name]
        ordered = (col(column), col(id_column))
        return column, [each.desc() if sort.startswith("-") else each.asc() for each in ordered]

    def _page(self, query: Any, sorts: dict[str, Any], sort: str, cursor: str, id_column: Any) -> tuple[list[Any], str]:
        """One page of rows (with sort value and id at their ends) and the cursor of the next one."""
        descending = sort.startswith("-")
        column, order = self._order(sorts, sort, id_column)
        if cursor:
            value, last_id = decode_cursor(cursor, length=2)
            # The plain bound lets the database seek in the index; the exact condition follows.
            bound = column <= value if descending else column >= value
            query = query.where(and_(bound, after([(column, descending), (id_column, descending)], [value, last_id])))
        query = query.add_columns(column.label("page_sort"), id_column.label("page_id"))
        rows = list(self.session.execute(query.order_by(*order).limit(PAGE_SIZE + 1)))
        shown = rows[:PAGE_SIZE]
        more = len(rows) > PAGE_SIZE
        return shown, encode_cursor([shown[-1].page_sort, shown[-1].page_id]) if more else ""


def live_seats() -> Any:
    """How many seats the query's account has that are neither deleted nor gone from the source."""
    live = (col(Seat.account_id) == Account.id, col(Seat.status) != "deleted", col(Seat.removed_at).is_(None))
    return pick(func.count()).where(*live).scalar_subquery()
