"""A draft held against the months that are kept, before it is saved; nothing is stored.

    back_test(session, context, spec, rule_id=None) -> BackTest

What is known of a month's end: which seats were there (when each was first and last read), which lines were active
(their dates, and since when they are gone) and what these said (their history). What is not kept is taken as it is
today, and said: what seats are, whose accounts they belong to, and prices that a line does not give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.context import Context
from rcx_app.core.money import from_micros, trim
from rcx_app.domain.reconcile.engine import Group, compare
from rcx_app.domain.reconcile.facts import Facts, LineFact, PriceBook
from rcx_app.domain.reconcile.repository import ReconcileRepository, micros, pick
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.bundles import with_parts
from rcx_app.domain.service_rules.conditions import Tree, midnight
from rcx_app.domain.service_rules.preview import DRAFT_VERSION
from rcx_app.domain.service_rules.schemas import MonthlyMoney, RuleInForce, RuleSpec
from rcx_app.models import Line, LineHistory, Seat

MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class MonthTested:
    """A month's end, or today in the present one. `differing` clients have a difference; `money` is what all
    differences come to a month, by currency. `guessed` lines had said nothing yet that is kept."""

    day: date
    expected: Decimal
    billed: Decimal
    clients: int
    differing: int
    money: tuple[MonthlyMoney, ...]
    guessed: int


@dataclass(frozen=True, slots=True)
class BackTest:
    """Months, oldest first; none where nothing was ever read. `since`: from when on seats are known. `notes` say what
    was taken as it is today."""

    months: tuple[MonthTested, ...]
    since: date | None
    notes: tuple[str, ...]


def back_test(session: Session, context: Context, spec: RuleSpec, rule_id: int | None = None) -> BackTest:
    """What the draft would have expected at each month's end, beside what was billed then."""
    today = clock.today()
    draft = RuleInForce(rule_id or 0, DRAFT_VERSION, 0, spec, spec.condition)
    others = [
        each
        for each in service.rules_in_force(session, context, today)
        if each.rule_id != rule_id and (each.spec.lines or {*each.spec.product_keys} & {*spec.product_keys})
    ]
    rules = with_parts([*others, draft])
    connections = service.connections_of(session, context, rules)
    repository = _PastRepository(session, context)
    repository.prepare()
    since = repository.known_since(connections[DRAFT_VERSION])
    if since is None:
        return BackTest((), None, ("No usage of this integration was ever read, so there is nothing to test it on.",))
    lines = _Lines(repository, spec.product_keys)
    clients, known, sources = repository.clients(None), repository.connections(), repository.sources(None)
    catalogue = repository.catalogue()
    months = []
    for day in month_ends(today, since):
        counted = [(each, connections[each.version_id]) for rule in rules for each in rule.counts]
        at, guessed = lines.on(day)
        facts = Facts(
            day=day,
            clients=clients,
            lines=at,
            rules=rules,
            connections=known,
            rule_connections=connections,
            sources=sources,
            counts=repository.counts(counted, day, None),
            fallen={},
            accounts=(),
            unaccounted=(),
            prices=PriceBook(line for line in at if line.is_active(day)),
            catalogue=catalogue,
        )
        own = [each for each in compare(facts).groups if each.rule.version_id == DRAFT_VERSION and each.has_source]
        held = {line.id for group in own for line in group.lines}
        months.append(_tested(day, own, len(held & guessed)))
    return BackTest(tuple(months), since, tuple(_notes(months, since, today)))


def month_ends(today: date, since: date) -> list[date]:
    """Today and the ends of the months before it that `since` reaches, oldest first; at most a year."""
    found = [today]
    while len(found) < MOST_MONTHS:
        end = month_start(found[-1]) - timedelta(days=1)
        if end < since:
            break
        found.append(end)
    return found[::-1]


def _tested(day: date, groups: Sequence[Group], guessed: int) -> MonthTested:
    sums: dict[str, int] = defaultdict(int)
    for group in groups:
        if group.delta and group.monthly:
            sums[group.currency] += group.monthly
    return MonthTested(
        day=day,
        expected=_exact(sum(group.expected for group in groups)),
        billed=_exact(sum(group.billed for group in groups)),
        clients=len({group.client_id for group in groups}),
        differing=len({group.client_id for group in groups if group.delta}),
        money=tuple(MonthlyMoney(name, _exact(amount)) for name, amount in sorted(sums.items()) if amount),
        guessed=guessed,
    )


def _exact(value: int) -> Decimal:
    return trim(from_micros(value))


def _notes(months: Sequence[MonthTested], since: date, today: date) -> Iterable[str]:
    many = len(months)
    if many < MOST_MONTHS:
        known = f"The first usage was read on {since:%-d %b %Y}"
        if many == 1:
            yield f"{known}, so only this month so far can be tested."
        else:
            yield f"{known}, so {many} months can be tested, the last one so far."
    if since == today or many == 1:
        return
    guessed = max(month.guessed for month in months)
    if guessed:
        lines = "one line" if guessed == 1 else f"up to {guessed:,} lines"
        yield f"For {lines} the quantity of that time is not kept: the first one that is known stands in for it."
    yield "Seats count from the day they were first read to the day they were gone; what they are is as read last."


class _Lines:
    """Lines of some products as they were."""

    def __init__(self, repository: _PastRepository, products: Iterable[str]) -> None:
        self._lines = repository.lines(products=list(products))
        self._gone = repository.gone(products)
        self._said = repository.said(products)

    def on(self, day: date) -> tuple[list[LineFact], set[int]]:
        """The lines at the end of `day`, and the ids of those of which nothing is kept from so early."""
        end = midnight(day + timedelta(days=1))
        found, guessed = [], set()
        is_today = day >= clock.today()
        for line in self._lines:
            gone = self._gone.get(line.id)
            line = replace(line, is_removed=gone is not None and gone < end)
            if not is_today:
                said = self._said.get(line.id, ())
                then = [each for each in said if each[0] < end]
                if not then:
                    guessed.add(line.id)
                chosen = then[-1] if then else said[0] if said else None
                if chosen is not None:
                    line = replace(line, quantity=chosen[1], included=chosen[2], price=chosen[3])
            found.append(line)
        return found, guessed


class _PastRepository(ReconcileRepository):
    """Counts seats as they were there at the end of a day. What a condition asks is asked of them as read last."""

    def live(self, day: date) -> tuple[ColumnElement[bool], ...]:
        return (*super().live(day), *self._seen(day))

    def condition_of(self, tree: Tree, day: date) -> ColumnElement[bool]:
        del day
        return super().condition_of(tree, clock.today())

    def _taken(self, rule: RuleInForce, presence: Sequence[ColumnElement[bool]], day: date, *columns: Any) -> Any:
        return super()._taken(rule, [*presence, *self._seen(day)], day, *columns)

    def _seen(self, day: date) -> tuple[ColumnElement[bool], ...]:
        if day >= clock.today():
            return ()
        return (col(Seat.first_seen_at) < midnight(day + timedelta(days=1)),)

    def known_since(self, connection_ids: Sequence[int]) -> date | None:
        """The day on which the first seat of these connections was read."""
        query = pick(func.min(Seat.first_seen_at)).where(
            col(Seat.workspace_id) == self.workspace_id, col(Seat.connection_id).in_(list(connection_ids))
        )
        found: datetime | None = self.session.execute(query).scalar_one()
        return None if found is None else found.date()

    def gone(self, products: Iterable[str]) -> dict[int, datetime]:
        """Since when lines are gone, of those that are."""
        query = pick(Line.id, Line.removed_at).where(
            col(Line.workspace_id) == self.workspace_id,
            col(Line.product_key).in_(list(products)),
            col(Line.removed_at).is_not(None),
        )
        return {row[0]: row[1] for row in self.session.execute(query)}

    def said(self, products: Iterable[str]) -> Mapping[int, list[tuple[datetime, int, int, int | None]]]:
        """(from when on, quantity, included, price) that each line said, oldest first."""
        history = LineHistory
        amounts = [micros(each) for each in (history.quantity, history.included_quantity, history.unit_price)]
        query = (
            pick(history.line_id, history.valid_from, *amounts)
            .join(Line, col(Line.id) == history.line_id)
            .where(col(history.workspace_id) == self.workspace_id, col(Line.product_key).in_(list(products)))
            .order_by(col(history.line_id), col(history.valid_from), col(history.id))
        )
        found: dict[int, list[tuple[datetime, int, int, int | None]]] = defaultdict(list)
        for line_id, *row in self.session.execute(query):
            found[line_id].append((row[0], row[1], row[2], row[3]))
        return found
