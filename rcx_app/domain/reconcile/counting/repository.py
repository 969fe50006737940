"""Counts by rule and client, what fell too far, and what no rule takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal, not_, or_
from sqlmodel import col

from rcx_app.core.clock import month_start
from rcx_app.core.money import MICROS
from rcx_app.domain.reconcile.counting.census import Cell, Census, Left
from rcx_app.domain.reconcile.counting.plan import Connected, Part, Pass, Taken, Tally, plan, read_names, skus_of
from rcx_app.domain.reconcile.facts import Count, HeldFall, UnaccountedGroup
from rcx_app.domain.reconcile.usage.repository import Clients, UsageRepository, micros, pick
from rcx_app.domain.service_rules.conditions import EVERYTHING, any_of, leaves, midnight
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.models import Account, AccountMapping, CountFall, Line, Seat

_FALLS = 200
_MOST_SKUS = 2000
"""A pass over more SKUs reads them all and lets go what nobody asked for."""
_MOST_SHAPES = 5
_COVERED = {"last_seen_at", "status", "identity", "sku"}
"""Conditions on these are told from the index that the census reads."""


class CountRepository(UsageRepository):
    """What rules take."""

    def census(self, rules: Iterable[Connected], day: date, clients: Clients) -> Census:
        """All live seats by account and SKU, with what the commonest conditions of `rules` take of them: one pass."""
        planned = plan(rules).passes
        shared = {"": planned.get("", Pass(EVERYTHING))}
        for key, each in planned.items():
            if len(shared) < _MOST_SHAPES and {leaf.field for leaf in leaves(each.residual)} <= _COVERED:
                shared.setdefault(key, each)
        silent, values, lengths = self.silent(day), [], []
        for key, each in shared.items():
            own = self._part_of(each, day, silent, all_names=not key)
            lengths.append(len(own))
            values += own
        spelling = (self.least(Seat.sku), self.most(Seat.sku), self.least(Seat.sku_name), self.most(Seat.sku_name))
        inactive = func.count().filter(and_(col(Seat.status) == "active", silent))
        columns = (Seat.account_id, *spelling, inactive, *values)
        cells = []
        for client_id, connection_id, sku_key, account_id, *row in self._cells(self.live(day), columns, clients):
            at, parts = 5, []
            for length in lengths:
                parts.append(_part(row[at : at + length]))
                at += length
            cells.append(Cell._make((client_id, connection_id, sku_key, account_id, *row[:5], tuple(parts))))
        return Census(tuple(shared), cells)

    def counts(
        self, rules: Iterable[Connected], day: date, clients: Clients, census: Census | None = None
    ) -> dict[tuple[int, int], Count]:
        """What each rule takes on `day`, by (version id, client id): from the census where that knows it, else in as
        few passes over the seats as the conditions allow. The same conditions give the evidence (`condition`)."""
        planned = plan(rules)
        found: dict[tuple[int, int], Count] = {}
        for key, shared in planned.passes.items():
            tally = Tally(shared)
            is_known = census is not None and key in census.shapes
            tally.add(census.taken(key) if census is not None and is_known else self._taken_cells(shared, day, clients))
            found.update(tally.counts())
        for rule, ids in planned.single:
            single = self.counts_of(rule, ids, day, clients)
            found.update({(rule.version_id, client_id): count for client_id, count in single.items()})
        return found

    def _taken_cells(self, shared: Pass, day: date, clients: Clients) -> Iterator[Taken]:
        """The live seats that a pass takes."""
        presence = [self.condition_of(shared.residual, day), *self.live(day)]
        if shared.skus is not None and len(shared.skus) <= _MOST_SKUS:
            presence.append(col(Seat.sku_key).in_(sorted(shared.skus)))
        values = self._part_of(shared, day, self.silent(day), is_apart=True)
        for client_id, connection_id, sku_key, *part in self._cells(presence, values, clients, shared.connection_ids):
            yield Taken(connection_id, sku_key, client_id, _part(part))

    def _part_of(
        self,
        shared: Pass,
        day: date,
        silent: ColumnElement[bool],
        *,
        all_names: bool = False,
        is_apart: bool = False,
    ) -> list[Any]:
        """Seats, silent ones, names, total and missing of what a pass takes; the last ones only where they are asked.

        `is_apart`: the query takes nothing else.
        """
        takes = [] if is_apart or not shared.residual.parts else [self.condition_of(shared.residual, day)]
        quantity = micros(Seat.quantity)
        values: list[Any] = [
            func.count().filter(*takes) if takes else func.count(),
            func.count().filter(silent, *takes),
        ]
        values.append(
            self._listed(Seat.identity_key, *takes) if all_names or shared.asks("distinct") else literal("", Text)
        )
        if shared.asks("sum"):
            values.append(func.sum(_where(func.coalesce(quantity, MICROS), takes)))
            values.append(func.count().filter(quantity.is_(None), *takes))
        return values

    def _listed(self, column: Any, *conditions: ColumnElement[bool]) -> Any:
        """The values that are not empty, as the text of a JSON list."""
        given = (col(column) != "", *conditions)
        if self.dialect == "postgresql":
            return cast(func.json_agg(col(column)).filter(*given), Text)
        return func.json_group_array(col(column)).filter(*given)

    def counts_of(
        self, rule: RuleInForce, connection_ids: Sequence[int], day: date, clients: Clients
    ) -> dict[int, Count]:
        """What one rule takes on `day`, by client."""
        if not connection_ids:
            return {}
        if rule.spec.count == "peak":
            return self._peaks(rule, connection_ids, day, clients)
        values: tuple[Any, ...] = (func.count(), literal(0))
        if rule.spec.count == "distinct":
            values = (func.count(func.distinct(self._identity())) + self._nameless(), literal(0))
        elif rule.spec.count == "sum":
            quantity = micros(Seat.quantity)
            values = (func.sum(func.coalesce(quantity, MICROS)), func.sum(case((quantity.is_(None), 1), else_=0)))
        query = self._taken(rule, self.live(day), day, AccountMapping.client_id, func.count(), *values)
        unit = 1 if rule.spec.count == "sum" else MICROS
        found = {}
        for client_id, seats, value, missing in self._of_clients(
            query.group_by(col(AccountMapping.client_id)), connection_ids, clients
        ):
            found[client_id] = Count(int(value) * unit, int(seats), int(missing))
        return found

    def held_falls(self) -> list[HeldFall]:
        """Counts of mapped accounts that fell too far and wait for a person's word."""
        query = (
            pick(CountFall.account_id, CountFall.sku_key, CountFall.sku_name, Account.name)
            .add_columns(micros(CountFall.before), micros(CountFall.after), col(CountFall.fell_at))
            .join(Account, col(Account.id) == CountFall.account_id)
            .join(AccountMapping, col(AccountMapping.account_id) == CountFall.account_id)
            .where(col(CountFall.workspace_id) == self.workspace_id, col(CountFall.state) == "held", *self._mapped())
        )
        return [HeldFall(*row) for row in self.session.execute(query.order_by(col(CountFall.id)))]

    def fallen(
        self, rule: RuleInForce, falls: Sequence[HeldFall], connection_ids: Sequence[int], day: date, clients: Clients
    ) -> list[tuple[int, int, str]]:
        """(client, account, folded SKU) of the falls whose seats `rule` takes, or took before they were gone."""
        found: list[tuple[int, int, str]] = []
        for start in range(0, len(falls), _FALLS):
            part = [
                and_(
                    col(Seat.account_id) == fall.account_id,
                    col(Seat.sku_key) == fall.sku_key,
                    or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= fall.fell_at),
                )
                for fall in falls[start : start + _FALLS]
            ]
            columns = (AccountMapping.client_id, Seat.account_id, Seat.sku_key)
            query = self._taken(rule, [any_of(part)], day, *columns).distinct()
            found += [tuple(row) for row in self._of_clients(query, connection_ids, clients)]
        return found

    def unaccounted(
        self, rules: Iterable[Connected], day: date, clients: Clients, census: Census
    ) -> list[UnaccountedGroup]:
        """Seats of mapped accounts that none of the rules takes, by client and SKU."""
        connected = list(rules)
        left, unsure = census.untaken(connected)
        left += self._asked_again(unsure, connected, day, clients)
        found: dict[tuple[int, str], list[Left]] = defaultdict(list)
        for each in left:
            found[each.client_id, each.sku_key].append(each)
        return [
            UnaccountedGroup(
                client_id=client_id,
                sku_key=sku_key,
                sku=min(each.sku for each in own),
                sku_name=min(each.sku_name for each in own),
                seats=sum(each.seats for each in own),
                connection_ids=tuple(sorted({each.connection_id for each in own})),
            )
            for (client_id, sku_key), own in found.items()
        ]

    def _asked_again(
        self, unsure: Sequence[Cell], rules: Sequence[Connected], day: date, clients: Clients
    ) -> Iterator[Left]:
        """What no rule takes of cells that could not tell."""
        if not unsure:
            return
        values = (Seat.account_id, self.least(Seat.sku), self.least(Seat.sku_name), func.count())
        for row in self._of_cells(unsure, [self.untaken(rules, day), *self.live(day)], values, clients):
            client_id, connection_id, sku_key, _, *left = row
            yield Left(client_id, connection_id, sku_key, *left)

    def _of_cells(
        self, wanted: Sequence[Cell], presence: Sequence[ColumnElement[bool]], values: Sequence[Any], clients: Clients
    ) -> Iterator[Sequence[Any]]:
        """`_cells` again, of a few: `values` begin with the account."""
        keys, skus = {cell.key for cell in wanted}, sorted({cell.sku_key for cell in wanted})
        ids = sorted({cell.connection_id for cell in wanted})
        among = [col(Seat.sku_key).in_(skus)] if len(skus) <= _MOST_SKUS else []
        for row in self._cells([*presence, *among], values, clients, ids):
            if (row[1], row[2], row[3]) in keys:
                yield row

    def untaken(self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], day: date) -> ColumnElement[bool]:
        """True for seats that none of the rules takes."""
        by_connections: dict[tuple[int, ...], list[RuleInForce]] = defaultdict(list)
        for rule, connection_ids in rules:
            if connection_ids:
                by_connections[tuple(connection_ids)].append(rule)
        taken = [
            and_(col(Seat.connection_id).in_(ids), self._taken_by_any(own, day)) for ids, own in by_connections.items()
        ]
        return not_(any_of(taken))

    def _taken_by_any(self, rules: Sequence[RuleInForce], day: date) -> ColumnElement[bool]:
        """True where one of the rules takes a seat: rules about single SKUs are asked by one look-up, not in turn."""
        whole: set[str] = set()
        guarded: dict[tuple[str, ...], list[ColumnElement[bool]]] = defaultdict(list)
        others: list[ColumnElement[bool]] = []
        for rule in rules:
            skus = skus_of(rule.condition)
            if rule.spec.lines:
                others.append(and_(self.condition(rule, day), self._of_lines(rule.spec.lines)))
            elif skus and len(rule.condition.parts) == 1:
                whole.update(skus)
            elif skus:
                guarded[skus].append(self.condition(rule, day))
            else:
                others.append(self.condition(rule, day))
        parts: list[ColumnElement[bool]] = [col(Seat.sku_key).in_(sorted(whole))] if whole else []
        if guarded:
            named = col(Seat.sku_key).in_(sorted({sku for skus in guarded for sku in skus}))
            parts.append(and_(named, any_of([each for own in guarded.values() for each in own])))
        return any_of([*parts, *others])

    def _of_lines(self, external_ids: Sequence[str]) -> ColumnElement[bool]:
        """True for seats of clients that have one of these lines: a rule that names lines counts nowhere else."""
        owners = pick(Line.client_id).where(
            col(Line.workspace_id) == self.workspace_id,
            col(Line.removed_at).is_(None),
            col(Line.external_id).in_(list(external_ids)),
        )
        accounts = pick(AccountMapping.account_id).where(*self._mapped(), col(AccountMapping.client_id).in_(owners))
        return col(Seat.account_id).in_(accounts)

    def _peaks(self, rule: RuleInForce, connection_ids: Sequence[int], day: date, clients: Clients) -> dict[int, Count]:
        start = midnight(month_start(day) + timedelta(days=1))
        present = (
            col(Seat.status) != "deleted",
            or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= start),
            *self.taking_part(),
        )
        columns = (AccountMapping.client_id, Seat.first_seen_at, Seat.removed_at, micros(Seat.quantity))
        query = self._taken(rule, present, day, *columns)
        by_client: dict[int, list[Presence]] = defaultdict(list)
        for client_id, *presence in self._of_clients(query, connection_ids, clients):
            by_client[client_id].append(tuple(presence))
        peaks = {client_id: peak(presences, day) for client_id, presences in by_client.items()}
        return {client_id: count for client_id, count in peaks.items() if count.seats}

    def _nameless(self) -> Any:
        return func.sum(case((col(Seat.identity_key) == "", 1), else_=0))


def _part(row: Sequence[Any]) -> Part:
    """A part as `_part_of` reads it. People without a name are one each."""
    seats, silent, names, *quantities = row
    listed = read_names(names)
    people = seats - len(listed) + len(set(listed))
    return Part(seats, silent, people, names or "", *(int(each or 0) for each in quantities))


def _where(value: Any, conditions: Sequence[ColumnElement[bool]]) -> Any:
    return case((and_(*conditions), value)) if conditions else value


Presence = tuple[Any, ...]
"""When a seat was there, and how much: (first_seen_at, removed_at, quantity in millionths or None)."""


def peak(presences: Sequence[Presence], day: date) -> Count:
    """The highest daily sum from the period's first day to `day`, and the last day on which it was reached.

    A day's seats are those there at its end. On `day` itself first_seen_at does not matter: what is there counts, also
    where it was read later.
    """
    best = Count(-1, 0)
    for offset in range((day - month_start(day)).days + 1):
        on = month_start(day) + timedelta(days=offset)
        end = midnight(on + timedelta(days=1))
        there = [item for item in presences if _was_there(item, end, is_last=on == day)]
        total = sum(MICROS if quantity is None else quantity for _, _, quantity in there)
        if total >= best.value:
            best = Count(total, len(there), sum(quantity is None for _, _, quantity in there), on)
    return best


def _was_there(presence: Presence, end: datetime, *, is_last: bool) -> bool:
    first_seen, removed, _ = presence
    return (is_last or first_seen < end) and (removed is None or removed >= end)
