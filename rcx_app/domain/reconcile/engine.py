"""The comparison: facts are read in few passes, then every group of lines is held against what its rule counts.

Decisions where docs/arithmetic.md leaves room:
- A group's delta lands on its carrier (largest quantity, then smallest external id), so the carrier's price, currency
  and billing cycle value it, whatever the group's other lines say.
- A rule with several products compares its count with each product's group by itself, and says so.
- An inferred price comes from other clients' active lines of the product in the same currency (annual and quarterly
  prices converted by months), else from the catalogue where that has the same currency or none.
- A client without lines of the product is priced in the currency of most of its active lines, else of most active
  lines of the product.
- A mapping that a model decided is not hard: the findings that rest on it are estimated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rcx_app.core import clock
from rcx_app.domain.reconcile import arithmetic
from rcx_app.domain.reconcile.facts import (
    ConnectionFact,
    Count,
    Facts,
    LineFact,
    PriceBook,
    UnaccountedGroup,
    UnmappedAccount,
)
from rcx_app.domain.reconcile.repository import Clients, ReconcileRepository
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.domain.service_rules.schemas import RuleInForce

NOTHING = Count(0, 0)


@dataclass(slots=True)
class Group:
    """Lines of one product at one client under one rule, compared. Without lines: usage that no line bills.

    Quantities and money in millionths. `has_source` False: the count is unknown. `price_from`: line | median |
    catalogue | "" (none found). `inferred` says in words what was inferred.
    """

    client_id: int
    rule: RuleInForce
    product_key: str
    lines: list[LineFact]
    count: Count = NOTHING
    has_source: bool = True
    billed: int = 0
    included: int = 0
    expected: int = 0
    price: int | None = None
    price_from: str = ""
    currency: str = ""
    cycle: str = "monthly"
    amount: int | None = None
    monthly: int | None = None
    inferred: list[str] = field(default_factory=list)
    not_ready: str = ""
    connection_ids: tuple[int, ...] = ()

    @property
    def carrier(self) -> LineFact | None:
        return min(self.lines, key=_carries) if self.lines else None

    @property
    def delta(self) -> int:
        return self.expected - self.billed

    @property
    def is_finding(self) -> bool:
        return self.has_source and self.delta != 0

    @property
    def kind(self) -> str:
        if not self.lines:
            return "unmapped"
        return "estimated" if self.inferred else "calculated"


@dataclass(slots=True)
class Outcome:
    """All that was compared, and what could not be."""

    facts: Facts
    groups: list[Group]
    accounts: Sequence[UnmappedAccount]
    unaccounted: Sequence[UnaccountedGroup]
    account_not_ready: Mapping[int, str]


def _carries(line: LineFact) -> tuple[int, str, int]:
    return (-line.quantity, line.external_id, line.id)


def read_facts(
    repository: ReconcileRepository,
    rules: Sequence[RuleInForce],
    rule_connections: Mapping[int, tuple[int, ...]],
    day: date,
    clients: Clients = None,
) -> Facts:
    """Everything that a run for these clients (None: all) needs. `rule_connections` by version id."""
    repository.prepare()
    connections = repository.connections()
    connected = [(rule, rule_connections[rule.version_id]) for rule in rules]
    counts = repository.counts(connected, day, clients)
    lines = repository.lines(clients)
    return Facts(
        day=day,
        clients=repository.clients(clients),
        lines=lines,
        rules=rules,
        connections=connections,
        rule_connections=rule_connections,
        sources=repository.sources(clients),
        counts=counts,
        fallen=_fallen(repository, rules, rule_connections, day, clients),
        accounts=repository.unmapped_accounts(day),
        unaccounted=repository.unaccounted(connected, day, clients),
        prices=_prices(repository, lines, rules, counts, day, is_full=clients is None),
        catalogue=repository.catalogue(),
        hidden_accounts=repository.excluded_accounts(),
    )


def _prices(
    repository: ReconcileRepository,
    lines: Sequence[LineFact],
    rules: Sequence[RuleInForce],
    counts: Mapping[tuple[int, int], Count],
    day: date,
    *,
    is_full: bool,
) -> PriceBook:
    """Prices of active lines of all clients, for the products that may need a price or its comparison."""
    if not is_full:
        wanted = {line.product_key for line in lines}
        used = {version_id for version_id, _ in counts}
        wanted |= {rule.spec.product_keys[0] for rule in rules if rule.version_id in used}
        lines = repository.lines(products=wanted)
    return PriceBook(line for line in lines if line.is_active(day))


def _fallen(
    repository: ReconcileRepository,
    rules: Sequence[RuleInForce],
    rule_connections: Mapping[int, tuple[int, ...]],
    day: date,
    clients: Clients,
) -> dict[tuple[int, int], str]:
    """(version, client) -> why its count is not believed: seats that the rule takes fell too far at once."""
    falls = repository.held_falls()
    by_key = {(fall.account_id, fall.sku_key): fall for fall in falls}
    fallen: dict[tuple[int, int], str] = {}
    for rule in rules if falls else ():
        ids = rule_connections[rule.version_id]
        for client_id, account_id, sku_key in repository.fallen(rule, falls, ids, day, clients):
            fallen.setdefault((rule.version_id, client_id), by_key[account_id, sku_key].sentence)
    return fallen


def compare(facts: Facts) -> Outcome:
    """Hold every group of lines against its rule's count, and find the usage that no line bills."""
    rule_of = {key: rule for rule in facts.rules for key in rule.spec.product_keys}
    by_group: dict[tuple[int, str], list[LineFact]] = defaultdict(list)
    covered: set[tuple[int, int]] = set()
    for line in facts.active:
        rule = rule_of.get(line.product_key)
        if rule is not None:
            by_group[line.client_id, line.product_key].append(line)
            covered.add((rule.version_id, line.client_id))
    groups = [Group(client_id, rule_of[key], key, lines) for (client_id, key), lines in by_group.items()]
    rules = {rule.version_id: rule for rule in facts.rules}
    for version_id, client_id in facts.counts:
        if (version_id, client_id) not in covered:
            rule = rules[version_id]
            groups.append(Group(client_id, rule, rule.spec.product_keys[0], []))
    judge = _Judge(facts)
    for group in groups:
        judge.fill(group)
    stale = {each.id: judge.stale(each) for each in facts.connections.values()}
    return Outcome(facts, groups, facts.accounts, facts.unaccounted, stale)


class _Judge:
    """Fills in the numbers of a group."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._end = min(clock.now(), midnight(facts.day + timedelta(days=1)))
        self._stale = {connection.id: self.stale(connection) for connection in facts.connections.values()}
        currencies: dict[int, list[str]] = defaultdict(list)
        for line in facts.active:
            currencies[line.client_id].append(line.currency)
        self._currency = {client_id: most_common(each) for client_id, each in currencies.items()}

    def fill(self, group: Group) -> None:
        facts, rule = self._facts, group.rule
        sources = facts.sources.get(group.client_id, {})
        group.connection_ids = tuple(each for each in facts.rule_connections[rule.version_id] if each in sources)
        group.has_source = bool(group.connection_ids)
        group.count = facts.counts.get((rule.version_id, group.client_id), NOTHING)
        group.billed = sum(line.quantity for line in group.lines)
        group.included = sum(line.included for line in group.lines)
        group.expected = arithmetic.expected(group.count.value, rule.spec, with_minimum=bool(group.lines))
        self._price(group)
        if group.count.missing:
            group.inferred.append(f"{group.count.missing} of {group.count.seats} seats give no quantity and count as 1")
        if not all(sources[each] for each in group.connection_ids):
            group.inferred.append("the account's client is a suggestion of the model")
        self._money(group)
        group.not_ready = self._why_not_ready(group)

    def stale(self, connection: ConnectionFact) -> str:
        """Why a connection's data can't be trusted for now; empty where they can."""
        if connection.last_complete_at is None:
            return f"{connection.label} has never been read completely"
        if connection.state == "failed":
            return f"the last sync of {connection.label} failed"
        if connection.state == "partial":
            return f"the last sync of {connection.label} was partial"
        if connection.last_complete_at < self._end - connection.fresh_for:
            return f"{connection.label} was last read completely on {connection.last_complete_at:%d %b %Y %H:%M} UTC"
        return ""

    def _why_not_ready(self, group: Group) -> str:
        ids = (*group.connection_ids, *sorted({line.connection_id for line in group.lines}))
        fell = self._facts.fallen.get((group.rule.version_id, group.client_id), "")
        return next((reason for reason in (*(self._stale[each] for each in ids), fell) if reason), "")

    def _price(self, group: Group) -> None:
        carrier = group.carrier
        if carrier is not None:
            group.currency, group.cycle = carrier.currency, carrier.cycle
            if carrier.price is not None:
                group.price, group.price_from = carrier.price, "line"
                return
        else:
            group.currency = self._currency.get(group.client_id) or self._usual_currency(group.product_key)
        book, about = self._facts.prices, (group.product_key, group.currency, group.cycle)
        group.price = book.median(*about, without=group.client_id)
        group.price_from = "median" if group.price is not None else ""
        item = self._facts.catalogue.get(group.product_key)
        if (
            group.price is None
            and item is not None
            and item.price is not None
            and _agree(item.currency, group.currency)
        ):
            group.price, group.price_from = item.price, "catalogue"
            group.currency = group.currency or item.currency
        if group.price_from == "median":
            many = book.number(*about, without=group.client_id)
            group.inferred.append(f"the price is the median of {many} lines of this product at other clients")
        else:
            group.inferred.append("the price is the catalogue's" if group.price_from else "no price is known")

    def _usual_currency(self, product_key: str) -> str:
        return most_common(self._facts.prices.currencies(product_key))

    def _money(self, group: Group) -> None:
        if group.price is None:
            return
        group.amount = arithmetic.amount(group.expected, group.billed, group.included, group.price)
        group.monthly = arithmetic.per_month(group.amount, group.cycle)


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def most_common(values: Iterable[str]) -> str:
    """The value that comes most often, the first by alphabet among equals; empty ones do not count."""
    counted = Counter(value for value in values if value)
    return min(counted, key=lambda value: (-counted[value], value)) if counted else ""
