"""What a rule would change if it were in force today, worked out as a run would and never stored.

    preview(session, context, spec, rule_id=None) -> Preview

The engine compares the rules that share a product with the draft, once as they stand and once with the draft in the
place of `rule_id`. Only seats that change hands are looked at for what no rule takes, so that a large workspace is
answered while its operator types.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.money import from_micros, trim
from rcx_app.domain.reconcile.engine import Group, Outcome, compare
from rcx_app.domain.reconcile.facts import Facts, PriceBook
from rcx_app.domain.reconcile.flagged.lines import line_flags
from rcx_app.domain.reconcile.included import within_plan
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.bundles import with_parts
from rcx_app.domain.service_rules.moved import Moved, MovedRepository
from rcx_app.domain.service_rules.schemas import MonthlyMoney, Part, Parts, RuleInForce, RuleSpec, SeatSample
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.domain.subscription import limits

DRAFT_VERSION = 1 << 48
"""The version id of what is not saved; no saved version comes near it."""
MOST_SEATS = 50
MOST_CHANGES = 50
_OF_RULES = {
    "no_usage_source", "ended_line_in_use", "bundle_member_short", "bundle_member_over", "bundle_member_unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One finding before and after. `how`: appears | vanishes | changes. Differences in units, None where there is no
    finding; money a month in `currency`, None without a price. `not_ready_before`, `not_ready_after`: why it can't be
    trusted for now, empty where it can."""

    how: Literal["appears", "vanishes", "changes"]
    client_id: int
    client_name: str
    what: str
    before: Decimal | None
    after: Decimal | None
    money_before: Decimal | None
    money_after: Decimal | None
    currency: str
    not_ready_before: str = ""
    not_ready_after: str = ""


@dataclass(frozen=True, slots=True)
class FlagChange:
    """A flag that the draft raises (`appears`) or takes away. Only those that rest on rules alone: a line without
    a usage source, an ended line still in use, a bundle's members. The others come with the run."""

    how: Literal["appears", "vanishes"]
    client_id: int
    client_name: str
    message: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft's effect today. `refused` says why it could not be saved as it stands, with the remedy.

    `newly_accounted` are seats that no rule takes now, `let_go` those that none would take any more. `money`: what the
    differences a month would change by, by currency, without findings that are not ready. `changes` are the largest of
    `appear + vanish + change`; `seats` counts rows, of which `evidence` shows the first.
    """

    sentence: Parts
    seats: int
    clients: int
    newly_accounted: int
    let_go: int
    appear: int
    vanish: int
    change: int
    money: tuple[MonthlyMoney, ...]
    changes: tuple[FindingChange, ...]
    evidence: tuple[SeatSample, ...]
    refused: str
    flags: tuple[FlagChange, ...] = ()


def preview(session: Session, context: Context, spec: RuleSpec, rule_id: int | None = None) -> Preview:
    """The effect of `spec` in place of the rule `rule_id` (None: besides all others), as if in force today.

    Raises NotFound for a rule that does not exist.
    """
    day = clock.today()
    standing = service.rules_in_force(session, context, day)
    draft = RuleInForce(rule_id or 0, DRAFT_VERSION, 0, spec, spec.condition)
    others = [each for each in standing if each.rule_id != rule_id]
    planned = with_parts([*others, draft])
    repository = MovedRepository(session, context)
    connections = service.connections_of(session, context, [*standing, *planned])
    facts = _Reader(repository, connections, day, limits.left_out(session, context))
    before, after = _touched(standing, spec, rule_id), _touched(planned, spec, rule_id)
    was, now = facts.compared(before), facts.compared(after)
    taken = facts.taken(spec)
    moved = repository.moved(
        _only(standing, planned), _only(planned, standing), standing, planned, connections, day, facts.beyond
    )
    changes = [*_changes(_findings(was), _findings(now), facts), *_unaccounted(moved, facts, now.account_not_ready)]
    refused = _refused(session, context, spec, rule_id)
    return Preview(
        sentence=sentence(spec),
        seats=sum(taken.values()),
        clients=len(taken),
        newly_accounted=sum(moved.gained.values()),
        let_go=sum(moved.lost.values()),
        appear=sum(each.how == "appears" for each in changes),
        vanish=sum(each.how == "vanishes" for each in changes),
        change=sum(each.how == "changes" for each in changes),
        money=_money(changes),
        changes=tuple(sorted(changes, key=_weight)[:MOST_CHANGES]),
        evidence=_evidence(session, context, spec, taken, facts),
        refused=refused,
        flags=_flags(was, now, facts),
    )


def _evidence(
    session: Session, context: Context, spec: RuleSpec, taken: Mapping[int, int], facts: _Reader
) -> tuple[SeatSample, ...]:
    """The newest seats of the first clients by name: no more are looked at than are shown."""
    chosen = sorted(taken, key=lambda each: (facts.clients[each].name.lower(), each))[:MOST_SEATS]
    return screens.sample_seats(session, context, spec, MOST_SEATS, chosen) if chosen else ()


def _refused(session: Session, context: Context, spec: RuleSpec, rule_id: int | None) -> str:
    try:
        service.refuse(session, context, spec, rule_id)
    except (Invalid, Conflict) as error:
        return f"{error.message} {error.remedy}".strip()
    return ""


def _touched(rules: Sequence[RuleInForce], spec: RuleSpec, rule_id: int | None) -> list[RuleInForce]:
    """The rules that are held against products of the draft, or of the rule that it replaces, and the bundles that
    promise either."""
    replaced = {key for each in rules if each.rule_id == rule_id for key in each.spec.product_keys}
    names = {spec.name, *(each.name for each in rules if each.rule_id == rule_id)}
    products = {*spec.product_keys, *replaced}
    touched = {
        each.rule_id
        for each in rules
        if products & {*each.spec.product_keys} or any(_counted_by(part) in names for part in each.parts)
    }
    return [each for each in rules if each.rule_id in touched]


def _counted_by(part: Part) -> str:
    return part.counted.name if part.counted is not None else part.name


def _only(rules: Iterable[RuleInForce], others: Iterable[RuleInForce]) -> list[RuleInForce]:
    """Rules that the other side does not have just so."""
    known = {each.rule_id: each for each in others}
    return [each for each in rules if known.get(each.rule_id) != each]


class _Reader:
    """What both comparisons share, read once."""

    def __init__(
        self,
        repository: MovedRepository,
        connections: Mapping[int, tuple[int, ...]],
        day: date,
        beyond: Collection[int],
    ) -> None:
        repository.prepare()
        self.beyond = beyond
        self._repository, self._connections, self._day = repository, connections, day
        self.clients = repository.clients(None)
        self._lines = repository.lines()
        self._prices = PriceBook(line for line in self._lines if line.is_active(day))
        self._catalogue = repository.catalogue()
        self._sources = repository.sources(None)
        self._known = repository.connections()
        self._counts: dict[tuple[int, int], Any] = {}
        self._counted: set[int] = set()
        self._falls = repository.held_falls()
        self._fallen: dict[tuple[int, int], str] = {}
        self._unbilled = repository.unbilled(None)
        self._excluded = repository.excluded("product")

    def compared(self, rules: Sequence[RuleInForce]) -> Outcome:
        """What a run would say of these rules."""
        counted = [each for rule in rules for each in rule.counts if each.version_id not in self._counted]
        self._counted |= {each.version_id for each in counted}
        pairs = [(each, self._connections[each.version_id]) for each in counted]
        self._counts |= self._repository.counts(pairs, self._day, None)
        self._look_at_falls(pairs)
        ids = {each.version_id for rule in rules for each in rule.counts}
        facts = Facts(
            day=self._day,
            clients=self.clients,
            lines=self._lines,
            rules=rules,
            connections=self._known,
            rule_connections=self._connections,
            sources=self._sources,
            counts={key: count for key, count in self._counts.items() if key[0] in ids},
            fallen=self._fallen,
            accounts=(),
            unaccounted=(),
            prices=self._prices,
            catalogue=self._catalogue,
            excluded_products=self._excluded,
            unbilled=self._unbilled,
        )
        return compare(within_plan(facts, self.beyond))

    def _look_at_falls(self, pairs: Sequence[tuple[RuleInForce, tuple[int, ...]]]) -> None:
        """Counts that fell too far at once are not believed, as in a run."""
        said = {(fall.account_id, fall.sku_key): fall.sentence for fall in self._falls}
        for rule, ids in pairs if self._falls else ():
            for client_id, account_id, sku_key in self._repository.fallen(rule, self._falls, ids, self._day, None):
                self._fallen.setdefault((rule.version_id, client_id), said[account_id, sku_key])

    def product(self, group: Group) -> str:
        """What usage without a line would be billed as."""
        item = self._catalogue.get(group.product_key)
        return item.name if item is not None and item.name else group.rule.spec.products[0]

    def taken(self, spec: RuleSpec) -> dict[int, int]:
        """Seats that the draft takes, by client; where it names lines, at their clients only."""
        at = {line.client_id for line in self._lines if line.external_id in spec.lines} if spec.lines else None
        return {
            client_id: count.seats
            for (version_id, client_id), count in self._counts.items()
            if version_id == DRAFT_VERSION
            and count.seats
            and (at is None or client_id in at)
            and client_id not in self.beyond
        }


def _findings(outcome: Outcome) -> dict[tuple[Any, ...], Group]:
    """Groups with a difference, by what names them over both comparisons."""
    return {_key(group): group for group in outcome.groups if group.is_finding}


def _flags(was: Outcome, now: Outcome, facts: _Reader) -> tuple[FlagChange, ...]:
    before, after = _rule_flags(was), _rule_flags(now)
    made = [
        FlagChange(
            how="appears" if flag in after else "vanishes",
            client_id=flag[1],
            client_name=facts.clients[flag[1]].name,
            message=flag[2],
        )
        for flag in before ^ after
    ]
    return tuple(sorted(made, key=lambda each: (each.how, each.client_name.lower(), each.message, each.client_id)))


def _rule_flags(outcome: Outcome) -> set[tuple[str, int, str]]:
    """(kind, client, what is said) of the flags that rest on rules; only lines of their products are looked at."""
    products = {key for rule in outcome.facts.rules for key in rule.spec.product_keys}
    lines = [line for line in outcome.facts.lines if line.product_key in products]
    narrowed = replace(outcome, facts=replace(outcome.facts, lines=lines))
    return {
        (flag.kind, flag.client_id, flag.message)
        for flag in line_flags(narrowed)
        if flag.kind in _OF_RULES and flag.client_id is not None
    }


def _key(group: Group) -> tuple[Any, ...]:
    """A comparison by its carrying line, or by the client and rule where usage has no line."""
    carrier = group.carrier
    return ("line", carrier.id) if carrier is not None else ("rule", group.client_id, group.rule.rule_id)


def _changes(
    was: Mapping[tuple[Any, ...], Group], now: Mapping[tuple[Any, ...], Group], facts: _Reader
) -> list[FindingChange]:
    made = []
    for key in {**was, **now}:
        before, after = was.get(key), now.get(key)
        if before is not None and after is not None and _numbers(before) == _numbers(after):
            continue
        group = after or before
        assert group is not None
        carrier = group.carrier
        made.append(
            FindingChange(
                how="appears" if before is None else "vanishes" if after is None else "changes",
                client_id=group.client_id,
                client_name=facts.clients[group.client_id].name,
                what=(carrier.product_name or carrier.product_code) if carrier else facts.product(group),
                before=_exact(before.delta) if before else None,
                after=_exact(after.delta) if after else None,
                money_before=_exact(before.monthly) if before and before.monthly is not None else None,
                money_after=_exact(after.monthly) if after and after.monthly is not None else None,
                currency=group.currency,
                not_ready_before=before.not_ready if before else "",
                not_ready_after=after.not_ready if after else "",
            )
        )
    return made


def _numbers(group: Group) -> tuple[Any, ...]:
    return (group.kind, group.expected, group.delta, group.monthly, group.currency, group.not_ready)


def _exact(micros: int) -> Decimal:
    return trim(from_micros(micros))


def _unaccounted(moved: Moved, facts: _Reader, stale: Mapping[int, str]) -> list[FindingChange]:
    """Findings of usage that no rule takes, by client and SKU."""
    made = []
    for key in sorted({*moved.gained, *moved.lost}):
        before = moved.stood.get(key, 0)
        after = before - moved.gained.get(key, 0) + moved.lost.get(key, 0)
        if before == after:
            continue
        name = moved.names.get(key[1], "") or "seats without a SKU"
        not_ready = next((stale[each] for each in sorted(moved.places[key]) if stale.get(each)), "")
        made.append(
            FindingChange(
                how="appears" if not before else "vanishes" if not after else "changes",
                client_id=key[0],
                client_name=facts.clients[key[0]].name,
                what=f"Unaccounted: {name}",
                before=Decimal(before) if before else None,
                after=Decimal(after) if after else None,
                money_before=None,
                money_after=None,
                currency="",
                not_ready_before=not_ready if before else "",
                not_ready_after=not_ready if after else "",
            )
        )
    return made


def _money(changes: Iterable[FindingChange]) -> tuple[MonthlyMoney, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in changes:
        before = Decimal(0) if each.not_ready_before else each.money_before or Decimal(0)
        after = Decimal(0) if each.not_ready_after else each.money_after or Decimal(0)
        sums[each.currency] += after - before
    return tuple(MonthlyMoney(currency, trim(amount)) for currency, amount in sorted(sums.items()) if amount)


def _weight(change: FindingChange) -> tuple[Decimal, Decimal, str, str]:
    """Most money first, then the largest difference."""
    money = abs((change.money_after or Decimal(0)) - (change.money_before or Decimal(0)))
    units = abs((change.after or Decimal(0)) - (change.before or Decimal(0)))
    return (-money, -units, change.client_name, change.what)
