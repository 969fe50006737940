"""`stale_quantity`: a billed number that nobody touched while the usage behind it moved.

On a group of lines that differs from its count, where RCX has seen the same quantities for at least `MONTHS` months:
the usage behind its rule is not what it was when the quantities were last set (at the earliest when the sources were
first read), by at least `LEAST` units and a tenth of what it was. Usage then: the seats of today without those first
seen since, and with those removed since. It stands on the line that carries the group.

Not judged, because the past can't be told from what is kept: usage that was nothing then (it may not have been read);
rules that add up quantities (`sum`, `peak`) or ask for
days; what changed its SKU or state in place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import col

from rcx_app.core.money import MICROS, format_quantity
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, Outcome
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import CHUNK, Clients, micros, pick
from rcx_app.domain.service_rules.conditions import leaves, midnight
from rcx_app.models import Account, AccountMapping, Line, LineHistory, Seat

MONTHS = 2
LEAST = 2
SHARE = 10
"""A tenth: usage moved when |now - then| * 10 >= then."""


@dataclass(frozen=True, slots=True)
class _Still:
    """A group whose quantities have stood since `since`."""

    group: Group
    since: datetime


class StaleRepository(SeatFlagRepository):
    """Billed quantities beside how usage moved."""

    def stale_flags(self, outcome: Outcome, clients: Clients) -> Iterator[FlagDraft]:
        """Flags on the lines of a run."""
        end = midnight(months_before(outcome.facts.day, MONTHS) + timedelta(days=1))
        groups = [each for each in outcome.groups if each.carrier and each.is_finding and _is_told(each)]
        if not groups:
            return
        set_at = self._set_at([line.id for group in groups for line in group.lines])
        read_at = self._read_at(clients)
        by_rule: dict[int, list[_Still]] = defaultdict(list)
        for group in groups:
            times = [set_at.get(line.id) for line in group.lines]
            times += [read_at.get((group.client_id, each)) for each in group.connection_ids]
            known = [each for each in times if each is not None]
            if len(known) == len(times) and max(known) < end:
                by_rule[group.rule.version_id].append(_Still(group, max(known)))
        for still in by_rule.values():
            yield from self._moved(still, outcome)

    def _set_at(self, line_ids: Sequence[int]) -> dict[int, datetime]:
        """When each line's quantity of today was first seen without another one since; not for a line unread."""
        rows: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
        same = micros(LineHistory.quantity) == micros(Line.quantity)
        query = pick(LineHistory.line_id, LineHistory.valid_from, same.label("same")).join(
            Line, col(Line.id) == LineHistory.line_id
        )
        for start in range(0, len(line_ids), CHUNK):
            part = query.where(col(LineHistory.line_id).in_(line_ids[start : start + CHUNK]))
            for line_id, at, is_same in self.session.execute(part.order_by(col(LineHistory.id))):
                rows[line_id].append((at, bool(is_same)))
        found: dict[int, datetime] = {}
        for line_id, history in rows.items():
            for at, is_same in reversed(history):
                if not is_same:
                    break
                found[line_id] = at
        return found

    def _read_at(self, clients: Clients) -> Mapping[tuple[int, int], datetime]:
        """When each client's usage in each connection was first read."""
        query = (
            pick(AccountMapping.client_id, Account.connection_id, func.max(Account.first_seen_at))
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(*self._mapped(), col(Account.removed_at).is_(None))
            .group_by(col(AccountMapping.client_id), col(Account.connection_id))
        )
        return {(row[0], row[1]): row[2] for row in self._chunked(query, col(AccountMapping.client_id), clients)}

    def _moved(self, still: Sequence[_Still], outcome: Outcome) -> Iterator[FlagDraft]:
        """Of the groups of one rule, those whose usage moved."""
        rule, day = still[0].group.rule, outcome.facts.day
        came, gone = self._changes(still, outcome)
        for each in still:
            group, carrier = each.group, each.group.carrier
            now = group.count.value // MICROS
            then = now - came[group.client_id] + gone[group.client_id]
            if carrier is None or not then or abs(now - then) < LEAST or abs(now - then) * SHARE < then:
                continue
            text = (
                f"{carrier.product_name or carrier.product_code} has billed {format_quantity(exact(group.billed))} "
                f"since {each.since:%d %b %Y}, while what {rule.spec.name} counts went from {then:,} to {now:,}."
            )
            yield FlagDraft(
                kind="stale_quantity",
                client_id=group.client_id,
                line_id=carrier.id,
                product_code=carrier.product_code,
                message=text,
                detail={"since": each.since.date().isoformat(), "then": then, "now": now, "as_of": day.isoformat()},
            )

    def _changes(self, still: Sequence[_Still], outcome: Outcome) -> tuple[dict[int, int], dict[int, int]]:
        """How many of what the rule counts came, and how many went, at each client since its quantities were set."""
        rule, day = still[0].group.rule, outcome.facts.day
        since = {each.group.client_id: each.since for each in still}
        end, first = midnight(day + timedelta(days=1)), min(since.values())
        moved = or_(col(Seat.first_seen_at) > first, and_(col(Seat.removed_at) > first, col(Seat.removed_at) < end))
        is_distinct = rule.spec.count == "distinct"
        # People may have other seats that stood: to tell who came, all of theirs are needed.
        there = or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) > first)
        presence = (col(Seat.status) != "deleted", there, *self.taking_part())
        columns = (AccountMapping.client_id, Seat.id, Seat.identity_key, Seat.first_seen_at, Seat.removed_at)
        query = self._taken(rule, presence if is_distinct else (*presence, moved), day, *columns)
        now: dict[int, set[Any]] = defaultdict(set)
        then: dict[int, set[Any]] = defaultdict(set)
        ids = outcome.facts.rule_connections[rule.version_id]
        for client_id, seat_id, identity, seen, removed in self._of_clients(query, ids, sorted(since)):
            what = (identity or seat_id) if is_distinct else seat_id
            if seen < end and (removed is None or removed >= end):
                now[client_id].add(what)
            if seen <= since[client_id] and (removed is None or removed > since[client_id]):
                then[client_id].add(what)
        came = {client_id: len(now[client_id] - then[client_id]) for client_id in since}
        return came, {client_id: len(then[client_id] - now[client_id]) for client_id in since}


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last."""
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _is_told(group: Group) -> bool:
    """Whether the rule's usage of an earlier day can be told."""
    asks_for_days = any(leaf.kind == "date" for leaf in leaves(group.rule.condition))
    return group.rule.spec.count in ("seats", "distinct") and not asks_for_days
