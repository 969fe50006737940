"""Queries for named seats: those a rule takes at a client, those it nearly takes, those of an account or no rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_, true
from sqlmodel import col

from rcx_app.core.clock import month_start
from rcx_app.core.pagination import PAGE_SIZE, after, decode_cursor, encode_cursor
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.repository import ReconcileRepository, pick
from rcx_app.domain.reconcile.seats.dissect import Dissected
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Leaf, midnight
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.models import Account, AccountMapping, Connection, Seat


class SeatRepository(ReconcileRepository):
    """Seats of one workspace, as evidence."""

    def taken(
        self, rule: RuleInForce, connection_ids: Sequence[int], day: date, present_on: date | None = None
    ) -> ColumnElement[bool]:
        """The seats that `rule` takes on `day`; for a peak those there on the day of the peak."""
        among = col(Seat.connection_id).in_(list(connection_ids))
        return and_(among, self.condition(rule, day), *self.presence(day, present_on))

    def presence(self, day: date, present_on: date | None) -> tuple[ColumnElement[bool], ...]:
        """Being there on `day`, or at the end of an earlier day of its period."""
        if present_on is None or present_on == day:
            return self.live(day)
        end = midnight(present_on + timedelta(days=1))
        return (
            col(Seat.status) != "deleted",
            col(Seat.first_seen_at) < end,
            or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= end),
        )

    def left_out(self, parts: Dissected, connection_ids: Sequence[int], day: date) -> tuple[ColumnElement[bool], Any]:
        """The near-misses of a rule, and the number of the reason for each (an index into `parts.reasons`)."""
        compiler = conditions.Compiler(self.workspace_id, day, self.dialect)
        subject = and_(true(), *(compiler.leaf(leaf) for leaf in parts.subject))
        holds = [compiler.leaf(part) if isinstance(part, Leaf) else compiler.tree(part) for part, _ in parts.demands]
        end = midnight(day + timedelta(days=1))
        gone = and_(col(Seat.removed_at).is_not(None), col(Seat.removed_at) < end)
        fails = [col(Seat.status) == "deleted", gone, *(not_(each) for each in holds)]
        among = col(Seat.connection_id).in_(list(connection_ids))
        # What was removed in an earlier period is history, not a near-miss of this one.
        recent = or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= midnight(month_start(day)))
        reason = case(*((failed, number) for number, failed in enumerate(fails)), else_=-1)
        return and_(among, subject, recent, or_(false(), *fails)), reason

    def untaken_of_sku(
        self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], sku: str, day: date
    ) -> ColumnElement[bool]:
        """The seats with this SKU that no rule takes."""
        return and_(col(Seat.sku_key) == fold(sku), self.untaken(rules, day), *self.live(day))

    def count_reasons(self, client_id: int, condition: ColumnElement[bool], reason: Any) -> dict[int, int]:
        """How many near-misses of a client each reason leaves out."""
        each = self._seats(pick(reason.label("reason")), (condition, col(AccountMapping.client_id) == client_id))
        reasons = each.subquery()
        query = pick(reasons.c.reason, func.count()).group_by(reasons.c.reason)
        return {row[0]: row[1] for row in self.session.execute(query)}

    def count(self, client_id: int, condition: ColumnElement[bool]) -> int:
        query = self._seats(pick(func.count()), (condition, col(AccountMapping.client_id) == client_id))
        return int(self.session.execute(query).scalar_one())

    def page(
        self,
        condition: ColumnElement[bool],
        *,
        client_id: int | None = None,
        account_id: int | None = None,
        search: str = "",
        cursor: str = "",
        reason: Any = None,
    ) -> tuple[list[Any], str]:
        """One page of seats by name: columns of SeatRow, then the reason's number, then (name key, id)."""
        query = (
            pick(*_COLUMNS, reason if reason is not None else literal(-1), Seat.display_name_key)
            .select_from(Seat)
            .join(Account, col(Account.id) == Seat.account_id)
            .join(Connection, col(Connection.id) == Seat.connection_id)
            .where(col(Seat.workspace_id) == self.workspace_id, condition)
        )
        if client_id is not None:
            query = query.join(AccountMapping, col(AccountMapping.account_id) == Seat.account_id)
            query = query.where(*self._mapped(), col(AccountMapping.client_id) == client_id)
        if account_id is not None:
            query = query.where(col(Seat.account_id) == account_id)
        if search.strip():
            text = fold(search)
            columns = (Seat.display_name_key, Seat.identity_key, Seat.sku_key, Seat.sku_name_key)
            query = query.where(or_(*(col(each).contains(text, autoescape=True) for each in columns)))
        order = [(Seat.display_name_key, False), (Seat.id, False)]
        if cursor:
            query = query.where(after(order, decode_cursor(cursor, length=2)))
        rows = list(self.session.execute(query.order_by(*(col(each) for each, _ in order)).limit(PAGE_SIZE + 1)))
        shown = rows[:PAGE_SIZE]
        return shown, encode_cursor([shown[-1][-1], shown[-1][0]]) if len(rows) > PAGE_SIZE else ""

    def of_rules(
        self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], day: date, clients: Sequence[int] | None = None
    ) -> Iterable[Any]:
        """(version id, client id, seat's own id, integration, account's own id) of all that the rules take."""
        for rule, connection_ids in rules:
            if not connection_ids:
                continue
            columns = (AccountMapping.client_id, Seat.external_id, Seat.connection_id, Seat.account_id)
            query = self._taken(rule, self.live(day), day, *columns)
            for row in self._of_clients(query, connection_ids, clients):
                yield (rule.version_id, *row)

    def of_no_rule(self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], day: date) -> Iterable[Any]:
        """(seat's own id, connection, account id, client, SKU) of seats of mapped accounts that no rule takes."""
        columns = (Seat.external_id, Seat.connection_id, Seat.account_id, AccountMapping.client_id, Seat.sku)
        query = self._seats(pick(*columns), self.live(day)).where(self.untaken(rules, day))
        yield from self.session.execute(query)


_COLUMNS = (
    Seat.id,
    Seat.external_id,
    Seat.display_name,
    Seat.identity,
    Seat.kind,
    Seat.sku,
    Seat.sku_name,
    Seat.status,
    Seat.device_class,
    Seat.quantity,
    Seat.account_id,
    Account.name,
    Connection.label,
    Seat.source_created_at,
    Seat.last_seen_at,
)
