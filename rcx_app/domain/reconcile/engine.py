"""The comparison: facts are read in few passes, then every group of lines is held against what its rule counts.

Decisions where docs/arithmetic.md leaves room:
- A group's delta lands on its carrier (largest quantity, then smallest external id), so the carrier's price, currency
  and billing cycle value it, whatever the group's other lines say.
- A rule with several products compares its count with each product's group by itself, and says so.
- An inferred price comes from other clients' active lines of the product in the same currency (annual and quarterly
  prices converted by months), else from the catalogue where that has the same currency or none.
- A client without lines of the product is priced in the currency of most of its active lines, else of most active
  lines of the product.
- A rule that names lines is held against them alone, and counts at their clients only. Lines that it names leave the
  group of the product's other rule; a client that has no others is not held against that rule.
- A mapping that a model decided is not hard: the findings that rest on it are estimated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rcx_app.core import clock
from rcx_app.core.money import MICROS, to_micros
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
from rcx_app.domain.service_rules.schemas import Part, RuleInForce

NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Promise:
    """A member of a bundle at a client: `due` and `there` in millionths; `why_unknown` where it can't be counted."""

    part: Part
    due: int
    there: int | None
    why_unknown: str = ""


@dataclass(slots=True)
class Group:
    """Lines of one product at one client under one rule, compared. Without lines: usage that no line bills.

    Quantities and money in millionths. `has_source` False: the count is unknown. `price_from`: line | tiers | median |
    catalogue | "" (none found). `inferred` says in words what was inferred. `free`: units of the rule's allowance, in
    millionths of millionths; `allowed` what it counted. `promised`: each member of the bundle.
    """

    client_id: int
    rule: RuleInForce
    product_key: str
    lines: list[LineFact]
    count: Count = NOTHING
    has_source: bool = True
    free: int = 0
    allowed: Count | None = None
    promised: tuple[Promise, ...] = ()
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
        if len(self.lines) == 1:
            return self.lines[0]
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
    connected = [(each, rule_connections[each.version_id]) for rule in rules for each in rule.counts]
    census = repository.census(connected, day, clients)
    counts = repository.counts(connected, day, clients, census)
    accounted = [(each, rule_connections[each.version_id]) for rule in rules for each in rule.accounts_for]
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
        fallen=_fallen(repository, [each for each, _ in connected], rule_connections, day, clients),
        accounts=repository.unmapped_accounts(day),
        unaccounted=repository.unaccounted(accounted, day, clients, census),
        prices=_prices(repository, lines, rules, counts, day, is_full=clients is None),
        catalogue=repository.catalogue(),
        hidden_accounts=repository.excluded_accounts(),
        excluded_products=repository.excluded("product"),
        unbilled=repository.unbilled(clients),
        hidden=repository.hidden(day),
        census=census,
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
    if is_full:
        return PriceBook(line for line in lines if line.is_active(day))
    used = {version_id for version_id, _ in counts}
    wanted = {line.product_key for line in lines}
    wanted |= {rule.spec.product_keys[0] for rule in rules if rule.version_id in used}
    return PriceBook(repository.prices(wanted, day))


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


def compare(facts: Facts, *, only_findings: bool = False) -> Outcome:
    """Hold every group of lines against its rule's count, and find the usage that no line bills.

    `only_findings`: groups that agree, most of them, get no price and no readiness.
    """
    rules = {rule.version_id: rule for rule in facts.rules}
    held = Held(facts.rules)
    by_group: dict[tuple[int, str, int], list[LineFact]] = defaultdict(list)
    covered: set[tuple[int, int]] = set()
    for line in facts.active:
        rule = held.rule_of(line)
        if rule is not None:
            by_group[line.client_id, line.product_key, rule.version_id].append(line)
            covered.add((rule.version_id, line.client_id))
            covered.update((other.version_id, line.client_id) for other in held.others(line, rule))
    groups = [Group(client_id, rules[version], key, lines) for (client_id, key, version), lines in by_group.items()]
    for version_id, client_id in facts.counts:
        rule = rules.get(version_id)
        if rule is None or rule.spec.lines or (version_id, client_id) in covered:
            continue
        product_key = rule.spec.product_keys[0]
        if not facts.is_hidden(client_id, product_key):
            groups.append(Group(client_id, rule, product_key, []))
    judge = _Judge(facts)
    for group in groups:
        judge.fill(group)
        if group.is_finding or not only_findings:
            judge.value(group)
    stale = {each.id: judge.stale(each) for each in facts.connections.values()}
    return Outcome(facts, groups, facts.accounts, facts.unaccounted, stale)


class Held:
    """Which rule each line is held against."""

    def __init__(self, rules: Iterable[RuleInForce]) -> None:
        self._by_product: dict[str, RuleInForce] = {}
        self._by_line: dict[tuple[str, str], RuleInForce] = {}
        for rule in rules:
            for key in rule.spec.product_keys:
                if not rule.spec.lines:
                    self._by_product[key] = rule
                for external_id in rule.spec.lines:
                    self._by_line[key, external_id] = rule

    def rule_of(self, line: LineFact) -> RuleInForce | None:
        """The rule that names this line, else that of its product."""
        return self._by_line.get((line.product_key, line.external_id)) or self._by_product.get(line.product_key)

    def others(self, line: LineFact, rule: RuleInForce) -> Iterable[RuleInForce]:
        """The product's rule where another one took the line from it."""
        usual = self._by_product.get(line.product_key)
        return () if usual is None or usual is rule else (usual,)


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
        """Its count beside what is billed."""
        facts, rule = self._facts, group.rule
        sources = facts.sources.get(group.client_id, {})
        group.connection_ids = tuple(each for each in facts.rule_connections[rule.version_id] if each in sources)
        group.has_source = bool(group.connection_ids)
        group.count = facts.counts.get((rule.version_id, group.client_id), NOTHING)
        group.billed = sum(line.quantity for line in group.lines)
        group.included = sum(line.included for line in group.lines)
        self._allow(group, sources)
        group.expected = arithmetic.expected(
            group.count.value, rule.spec, free=group.free, with_minimum=bool(group.lines)
        )
        group.promised = tuple(self._promises(group, sources)) if group.lines and group.has_source else ()

    def value(self, group: Group) -> None:
        """What the difference comes to, what was inferred for it, and whether it may be relied on."""
        self._price(group)
        if group.count.missing:
            group.inferred.append(f"{group.count.missing} of {group.count.seats} seats give no quantity and count as 1")
        sources = self._facts.sources.get(group.client_id, {})
        if not all(sources[each] for each in group.connection_ids):
            group.inferred.append("the account's client is a suggestion of the model")
        self._money(group)
        group.not_ready = self._why_not_ready(group)

    def _allow(self, group: Group, sources: Mapping[int, bool]) -> None:
        """What the rule's allowance comes to at the client."""
        part = next((part for part in group.rule.parts if part.role == "allowance"), None)
        if part is None or part.counted is None:
            return
        ids = tuple(each for each in self._facts.rule_connections[part.counted.version_id] if each in sources)
        if not ids:
            where = part.counted.spec.integration or "any integration"
            group.inferred.append(f"no account of {where} is mapped, so nothing comes free with it")
            return
        group.allowed = self._facts.counts.get((part.counted.version_id, group.client_id), NOTHING)
        group.free = to_micros(part.quantity) * group.allowed.value
        group.connection_ids += tuple(each for each in ids if each not in group.connection_ids)
        if group.allowed.missing:
            group.inferred.append(f"{group.allowed.missing} seats behind what comes free give no quantity")

    def _promises(self, group: Group, sources: Mapping[int, bool]) -> Iterable[Promise]:
        for part in group.rule.parts:
            if part.role == "allowance":
                continue
            due = to_micros(part.quantity) * group.expected // MICROS
            if part.counted is None:
                yield Promise(part, due, None, f"the rule {part.name} is not in force")
                continue
            ids = [each for each in self._facts.rule_connections[part.counted.version_id] if each in sources]
            stale = next((self._stale[each] for each in ids if self._stale[each]), "")
            if not ids or stale:
                where = part.counted.spec.integration or "any integration"
                yield Promise(part, due, None, stale or f"no account of {where} is mapped to this client")
                continue
            yield Promise(part, due, self._facts.counts.get((part.counted.version_id, group.client_id), NOTHING).value)

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
        free = [part.counted for part in group.rule.parts if part.role == "allowance" and part.counted is not None]
        fell = [self._facts.fallen.get((each.version_id, group.client_id), "") for each in (group.rule, *free)]
        return next((reason for reason in (*(self._stale[each] for each in ids), *fell) if reason), "")

    def _price(self, group: Group) -> None:
        carrier = group.carrier
        if carrier is not None:
            group.currency, group.cycle = carrier.currency, carrier.cycle
            if group.rule.spec.tiers:
                group.price_from = "tiers"
                return
            if carrier.price is not None:
                group.price, group.price_from = carrier.price, "line"
                return
        else:
            group.currency = self._currency.get(group.client_id) or self._usual_currency(group.product_key)
            if group.rule.spec.tiers:
                group.price_from = "tiers"
                return
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
        if group.price_from == "tiers":
            group.amount = arithmetic.amount_by_tiers(group.expected, group.billed, group.included, group.rule.spec)
            group.monthly = arithmetic.per_month(group.amount, group.cycle)
            return
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
