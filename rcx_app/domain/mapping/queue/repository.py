"""SQL of the mapping queue: counts, bands and pages. Only ids are sorted; a page's rows are read by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, type_coerce
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.db import Micros, UtcDateTime
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.mapping.schemas import TAB_STATES, AccountRow, Band, IntegrationOption, Mark, QueueFilter, Tab
from rcx_app.models import Account, AccountMapping, Client, Connection, MappingCandidate, Seat, User

_CHUNK = 500
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _exact(value: int) -> Any:
    return literal(Decimal(value), Micros())


# Mappings that make no sense any more come before the surest suggestion, accounts without any candidate after the last.
_sureness: Any = type_coerce(
    case(
        (col(AccountMapping.state) == "client_gone", _exact(3)),
        (col(AccountMapping.has_alarm), _exact(2)),
        else_=func.coalesce(col(AccountMapping.confidence), _exact(-1)),
    ),
    Micros(),
)
_decided: Any = func.coalesce(AccountMapping.decided_at, literal(_NEVER, UtcDateTime()))
_returns: Any = func.coalesce(AccountMapping.snoozed_until, literal(_NEVER, UtcDateTime()))
_SUREST_FIRST = ((_sureness, True), (Account.name_key, False), (Account.id, False))
_NEWEST_FIRST = ((_decided, True), (Account.name_key, False), (Account.id, False))
_ORDERS: dict[Tab, tuple[tuple[Any, bool], ...]] = {
    Tab.REVIEW: _SUREST_FIRST,
    Tab.UNMAPPED: _SUREST_FIRST,
    Tab.MAPPED: _NEWEST_FIRST,
    Tab.EXCLUDED: _NEWEST_FIRST,
    Tab.SNOOZED: ((_returns, False), (Account.name_key, False), (Account.id, False)),
}


class QueueRepository(Repository):
    """The lists of one workspace's accounts."""

    noun = "This account"

    def counts(self) -> dict[Tab, int]:
        state = case((_IS_ALARMED, "client_gone"), else_=self._state())
        query = (
            select(state, func.count())
            .select_from(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(AccountMapping.workspace_id == self.workspace_id, col(Account.removed_at).is_(None))
            .group_by(state)
        )
        by_state: dict[str, int] = dict(self.session.execute(query).all())
        return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TAB_STATES.items()}

    def bands(self, chosen: QueueFilter, bands: Sequence[Band]) -> dict[str, int]:
        """How many accounts of the filtered list stand in each band; `gone`: their client is gone, `alarm`: alarmed."""
        cases: list[Any] = [(col(AccountMapping.state) == "client_gone", literal("gone"))]
        cases += [(_IS_ALARMED, literal("alarm"))]
        cases += [(_sureness >= band.low, literal(band.key)) for band in bands if band.low is not None]
        key = case(*cases, else_=literal(bands[-1].key)).label("band")
        query = self._chosen(chosen, key, func.count()).group_by(key)
        return dict(self.session.execute(query).all())

    def marks(self, chosen: QueueFilter) -> dict[Mark, int]:
        """How many accounts of the filtered list bear each mark."""
        columns = [func.sum(case((condition, 1), else_=0)) for condition in _MARKED.values()]
        found = self.session.execute(self._chosen(chosen, *columns)).one()
        return {mark: int(number or 0) for mark, number in zip(_MARKED, found, strict=True)}

    def integrations(self, tab: Tab) -> list[IntegrationOption]:
        query = self._chosen(QueueFilter(tab=tab), Account.connection_id, Connection.label, func.count())
        query = query.join(Connection, col(Connection.id) == Account.connection_id)
        query = query.group_by(col(Account.connection_id), col(Connection.label), col(Connection.label_key))
        found = self.session.execute(query.order_by(col(Connection.label_key)))
        return [IntegrationOption(connection_id=key, label=label, accounts=number) for key, label, number in found]

    def page(self, chosen: QueueFilter, cursor: str, size: int = PAGE_SIZE) -> Page[AccountRow]:
        """One page in the tab's order. `total` is the whole filtered number."""
        order = _ORDERS[chosen.tab]
        total = self.session.scalar(self._chosen(chosen, func.count())) or 0
        query = self._chosen(chosen, *(column for column, _ in order))
        if cursor:
            query = query.where(after(order, decode_cursor(cursor, length=len(order))))
        query = query.order_by(*(column.desc() if descending else column for column, descending in order))
        found = self.session.execute(query.limit(size + 1)).all()
        rows = self.rows([keys[-1] for keys in found[:size]])
        return Page(tuple(rows), encode_cursor(list(found[size - 1])) if len(found) > size else "", total)

    def confirmable(self, min_confidence: Decimal, connection_id: int | None) -> int:
        """How many accounts the model preselected without a doubt, at or above `min_confidence`."""
        chosen = QueueFilter(tab=Tab.REVIEW, connection_id=connection_id, min_confidence=min_confidence)
        query = self._chosen(chosen, func.count()).where(
            self._state() == "suggested",
            col(AccountMapping.is_preselected).is_(True),
            col(AccountMapping.is_ambiguous).is_(False),
            col(AccountMapping.no_client) == "",
        )
        return self.session.scalar(query) or 0

    def of_client(self, client_id: int) -> list[AccountRow]:
        """Accounts that a person mapped to this client, by integration and name."""
        query = (
            select(Account.id)
            .join(AccountMapping, col(AccountMapping.account_id) == Account.id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .where(
                Account.workspace_id == self.workspace_id,
                col(Account.removed_at).is_(None),
                col(AccountMapping.client_id) == client_id,
                col(AccountMapping.state).in_(("mapped", "client_gone")),
            )
            .order_by(col(Connection.label_key), col(Account.name_key), col(Account.id))
        )
        return self.rows(list(self.session.scalars(query)))

    def rows(self, account_ids: Sequence[int]) -> list[AccountRow]:
        """These accounts as lists show them, in the given order; those not ours or gone are left out."""
        found: dict[int, AccountRow] = {}
        for start in range(0, len(account_ids), _CHUNK):
            for values in self.session.execute(self._rows(account_ids[start : start + _CHUNK])):
                row = _row(*values)
                found[row.account_id] = row
        return [found[account_id] for account_id in account_ids if account_id in found]

    def _state(self) -> Any:
        """The state that people see: a snooze that has run out is over, whether or not the matcher has run since."""
        return case(
            (self._is_awake(), case((_HAS_SUGGESTION, "suggested"), else_="unmapped")), else_=AccountMapping.state
        )

    def _is_awake(self) -> ColumnElement[bool]:
        return and_(col(AccountMapping.state) == "snoozed", col(AccountMapping.snoozed_until) <= clock.now())

    def _in_tab(self, tab: Tab) -> ColumnElement[bool]:
        plain = col(AccountMapping.state).in_(TAB_STATES[tab])
        if tab is Tab.SNOOZED:
            return and_(plain, ~self._is_awake())
        if tab is Tab.REVIEW:
            return or_(plain, _IS_ALARMED, and_(self._is_awake(), _HAS_SUGGESTION))
        if tab is Tab.MAPPED:
            return and_(plain, ~_IS_ALARMED)
        return or_(plain, and_(self._is_awake(), ~_HAS_SUGGESTION)) if tab is Tab.UNMAPPED else plain

    def _chosen(self, chosen: QueueFilter, *columns: Any) -> Select[Any]:
        """A select of `columns` over the accounts that the filter shows."""
        query: Select[Any] = (
            select(*columns)
            .select_from(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(
                col(AccountMapping.workspace_id) == self.workspace_id,
                col(Account.removed_at).is_(None),
                self._in_tab(chosen.tab),
            )
        )
        if chosen.connection_id is not None:
            query = query.where(col(Account.connection_id) == chosen.connection_id)
        if chosen.min_confidence is not None or chosen.below_confidence is not None:
            query = query.where(col(AccountMapping.state).not_in(("client_gone", "mapped")))
        if chosen.min_confidence is not None:
            query = query.where(_sureness >= chosen.min_confidence)
        if chosen.below_confidence is not None:
            query = query.where(_sureness < chosen.below_confidence)
        if chosen.mark is not None:
            query = query.where(_MARKED[chosen.mark])
        if chosen.text.strip():
            named = col(Account.name_key).contains(fold(chosen.text), autoescape=True)
            query = query.where(or_(named, col(Account.external_id) == chosen.text.strip()))
        return query

    def _rows(self, account_ids: Sequence[int]) -> Select[Any]:
        offered = (
            select(MappingCandidate.client_id)
            .join(Client, col(Client.id) == MappingCandidate.client_id)
            .where(MappingCandidate.account_id == Account.id, col(Client.removed_at).is_(None))
            .order_by(col(MappingCandidate.rank))
            .limit(1)
            .correlate(Account)
            .scalar_subquery()
        )
        seats = (
            select(func.count(col(Seat.id)))
            .where(Seat.account_id == Account.id, col(Seat.removed_at).is_(None), Seat.status != "deleted")
            .correlate(Account)
            .scalar_subquery()
        )
        shown = Client.__table__.alias("shown")  # type: ignore[attr-defined]
        query: Select[Any] = (
            select(  # type: ignore[call-overload]
                AccountMapping,
                Account,
                Connection.label,
                self._state(),
                seats,
                shown.c.id,
                shown.c.name,
                shown.c.external_id,
                User.name,
            )
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .join(shown, shown.c.id == func.coalesce(AccountMapping.client_id, offered), isouter=True)
            .join(User, col(User.id) == AccountMapping.decided_by, isouter=True)
            .where(
                AccountMapping.workspace_id == self.workspace_id,
                col(Account.removed_at).is_(None),
                col(Account.id).in_(account_ids),
            )
        )
        return query


# A mapping whose alarms nobody has looked at; it stands in "to review" until somebody has.
_IS_ALARMED: Any = and_(col(AccountMapping.state) == "mapped", col(AccountMapping.has_alarm))
_MARKED: dict[Mark, Any] = {
    Mark.ALARM: or_(col(AccountMapping.state) == "client_gone", _IS_ALARMED),
    Mark.AMBIGUOUS: and_(col(AccountMapping.is_ambiguous), col(AccountMapping.state) != "client_gone"),
    Mark.NO_CLIENT: col(AccountMapping.no_client) != "",
    Mark.UNSURE: col(AccountMapping.state) == "unsure",
    Mark.BY_PERSON: col(AccountMapping.decided_how) == "person",
    Mark.BY_FILE: col(AccountMapping.decided_how) == "file",
    Mark.BY_MODEL: col(AccountMapping.decided_how) == "model",
}
_HAS_SUGGESTION = (
    exists()
    .where(
        col(MappingCandidate.account_id) == col(AccountMapping.account_id),
        col(MappingCandidate.verdict) != "compare",
    )
    .correlate(AccountMapping)
)


def _row(
    mapping: AccountMapping,
    account: Account,
    integration: str,
    state: str,
    seats: int,
    client_id: int | None,
    client_name: str | None,
    client_external_id: str | None,
    decided_by: str | None,
) -> AccountRow:
    return AccountRow(
        account_id=account.id,
        version=mapping.version,
        name=account.name,
        external_id=account.external_id,
        integration=integration,
        connection_id=account.connection_id,
        seats=seats,
        state=state,
        confidence=mapping.confidence,
        is_preselected=mapping.is_preselected,
        is_ambiguous=mapping.is_ambiguous,
        client_id=client_id,
        client_name=client_name or "",
        client_external_id=client_external_id or "",
        decided_how=mapping.decided_how,
        decided_by=decided_by or "",
        decided_at=mapping.decided_at,
        note=mapping.note,
        snoozed_until=mapping.snoozed_until,
        no_client=mapping.no_client,
        has_alarm=mapping.state == "mapped" and mapping.has_alarm,
    )
