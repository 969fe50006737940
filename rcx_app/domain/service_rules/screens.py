"""What the services pages read: products with their rules, rules in words, unaccounted usage, a preview while editing.

list_products(session, context, search="", cursor="", states=(), integration="") -> Page[ProductRow]
product(session, context, product_key) -> ProductRow
product_numbers(session, context) -> ProductNumbers
count_waiting(session, context) -> int
unaccounted_by_sku(session, context) -> tuple[UnaccountedSku, ...]
rules(session, context, states=(...)) -> tuple[RuleView, ...]
rule(session, context, rule_id) -> RuleView
rule_detail(session, context, rule_id) -> RuleDetail
sample_seats(session, context, spec, most=10) -> tuple[SeatSample, ...]
preview(session, context, spec) -> RulePreview
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.money import from_micros, per_month, trim
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.difference import differences
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.schemas import (
    MonthlyMoney,
    ProductNumbers,
    ProductRow,
    RuleDetail,
    RulePreview,
    RuleSpec,
    RuleView,
    SeatSample,
    UnaccountedSku,
    VersionRow,
)
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.domain.service_rules.stored import spec_of
from rcx_app.models import ServiceRule, ServiceRuleVersion

_ONE = 1_000_000


def list_products(
    session: Session,
    context: Context,
    search: str = "",
    cursor: str = "",
    *,
    states: Collection[str] = (),
    integration: str = "",
) -> Page[ProductRow]:
    """PSA products with active lines, by name, with the rule that counts or might count each.

    `states` (none: all) are those of ProductRow; `integration` is the one that a product's rule counts in.
    """
    repository = RuleRepository(session, context)
    wanted = [
        each
        for each in _board(repository, search)
        if (not states or each.state in states)
        and (not integration or (each.rule is not None and fold(each.rule.spec.integration) == fold(integration)))
    ]
    start = tuple(decode_cursor(cursor, length=2)) if cursor else None
    after = [each for each in wanted if start is None or each.order > start]
    shown = after[:PAGE_SIZE]
    following = encode_cursor(shown[-1].order) if len(after) > PAGE_SIZE else ""
    return Page(tuple(_with_money(repository, shown)), following, len(wanted))


def product(session: Session, context: Context, product_key: str) -> ProductRow:
    """One product with active lines. Raises NotFound."""
    repository = RuleRepository(session, context)
    found = [each for each in _board(repository) if each.row.key == fold(product_key)]
    if not found:
        raise NotFound("This product", remedy="No active line bills it any more; look at the list as it is now.")
    return next(_with_money(repository, found))


def product_numbers(session: Session, context: Context) -> ProductNumbers:
    """Products by state and by their rule's integration."""
    board = _board(RuleRepository(session, context))
    names = Counter(each.rule.spec.integration for each in board if each.rule is not None)
    return ProductNumbers(Counter(each.state for each in board), tuple(sorted(names.items())))


def count_waiting(session: Session, context: Context) -> int:
    """Products with a suggestion to decide on, and those that nothing counts."""
    repository, today = RuleRepository(session, context), clock.today()
    # Runs with every page: it reads what rules name, and neither their conditions nor their words.
    named = repository.products_of_rules(("active", "suggested"), today)
    suggested = named["suggested"] - named["active"]
    return sum(
        row.key in suggested or (row.key not in named["active"] and row.most > _ONE)
        for row in repository.products(today)
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A product without its money. `without`: its clients that have no account to count."""

    row: Any
    rule: RuleView | None
    without: int

    @property
    def state(self) -> str:
        return _state(self.row, self.rule, self.without)

    @property
    def order(self) -> tuple[str, str]:
        return (fold(self.row.name or self.row.code), self.row.key)


def _board(repository: RuleRepository, search: str = "") -> list[_Standing]:
    """Every product found, by name. A workspace has some hundreds, and states are known only from all rules."""
    return repository.once(("board", search), lambda: _read_board(repository, search))


def _read_board(repository: RuleRepository, search: str) -> list[_Standing]:
    day = clock.today()
    by_product = _rules_by_product(repository)
    billed = repository.billed_clients(day)
    reach: dict[str, set[int]] = {}
    made = []
    for row in repository.products(day, search):
        rule = by_product.get(row.key)
        without = 0
        if rule is not None and rule.state == "active":
            name = rule.spec.integration
            if name not in reach:
                reach[name] = repository.clients_with(repository.connection_ids(name))
            without = len(billed[row.key] - reach[name])
        made.append(_Standing(row, rule, without))
    return sorted(made, key=lambda each: each.order)


def _with_money(repository: RuleRepository, found: Sequence[_Standing]) -> Iterator[ProductRow]:
    lines: dict[str, list[Any]] = defaultdict(list)
    for line in repository.product_lines(clock.today(), [each.row.key for each in found]):
        lines[line[0]].append(line)
    for each in found:
        row = each.row
        yield ProductRow(
            product_key=row.key,
            product_code=row.code,
            product_name=row.name,
            billed=from_micros(int(row.billed)),
            lines=row.lines,
            clients=row.clients,
            money=_money(lines[row.key]),
            state=each.state,
            clients_without_source=each.without,
            rule=each.rule,
        )


def _state(row: Any, rule: RuleView | None, without: int) -> str:
    if rule is not None:
        return "suggested" if rule.state == "suggested" else "partly" if without else "counted"
    return "flat" if row.most <= _ONE else "not_counted"


def _money(lines: Sequence[Any]) -> tuple[MonthlyMoney, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for _, _, quantity, included, price, currency, cycle in lines:
        if price is not None:
            sums[currency] += per_month(from_micros(max(quantity - included, 0)) * from_micros(price), cycle)
    return tuple(MonthlyMoney(currency, trim(amount)) for currency, amount in sorted(sums.items()))


def _rules_by_product(repository: RuleRepository) -> dict[str, RuleView]:
    """The active rule of each product, or else its most certain suggestion."""
    found: dict[str, RuleView] = {}
    for view in sorted(_views(repository, ("active", "suggested")), key=_precedence):
        for code in view.spec.products:
            found.setdefault(fold(code), view)
    return found


def _precedence(view: RuleView) -> tuple[bool, Decimal, int]:
    return (view.state != "active", -(view.confidence or Decimal(0)), view.rule_id)


def rules(
    session: Session, context: Context, states: Collection[str] = ("active", "suggested")
) -> tuple[RuleView, ...]:
    """Rules in these states (suggested, active, rejected, retired), by name."""
    return tuple(_views(RuleRepository(session, context), states))


def rule(session: Session, context: Context, rule_id: int) -> RuleView:
    """One rule. Raises NotFound."""
    repository = RuleRepository(session, context)
    return _view(repository.rule(rule_id), repository.versions([rule_id]))


def rule_detail(session: Session, context: Context, rule_id: int) -> RuleDetail:
    """One rule with who decided on it and all its versions. Raises NotFound."""
    repository = RuleRepository(session, context)
    row, versions = repository.rule(rule_id), repository.versions([rule_id])
    view = _view(row, versions)
    specs = [spec_of(each, row.name) for each in versions]
    differ = [(), *(differences(old, new) for old, new in pairwise(specs))]
    names = repository.user_names({row.decided_by, *(each.created_by for each in versions)})
    return RuleDetail(
        view=view,
        decided_by=names.get(row.decided_by or 0, ""),
        decided_at=row.decided_at,
        versions=tuple(
            VersionRow(
                version_id=each.id,
                number=each.number,
                effective_from=each.effective_from,
                effective_to=each.effective_to,
                made_at=each.created_at,
                made_by=names.get(each.created_by or 0, ""),
                is_shown=each.id == view.version_id,
                differences=said,
            )
            for each, said in reversed([*zip(versions, differ, strict=True)])
        ),
    )


def sample_seats(
    session: Session, context: Context, spec: RuleSpec, most: int = 10, clients: Collection[int] | None = None
) -> tuple[SeatSample, ...]:
    """Some seats that a rule takes today over mapped accounts, from as many clients as can be (of `clients`, if given:
    fewer seats have to be ranked then)."""
    rows = RuleRepository(session, context).sample(spec, clock.today(), most, clients)
    return tuple(SeatSample(*row) for row in rows)


def _views(repository: RuleRepository, states: Collection[str]) -> list[RuleView]:
    return repository.once(("rules", *states), lambda: _read_views(repository, states))


def _read_views(repository: RuleRepository, states: Collection[str]) -> list[RuleView]:
    found = repository.rules(states)
    versions: dict[int, list[ServiceRuleVersion]] = defaultdict(list)
    for version in repository.versions([each.id for each in found]):
        versions[version.rule_id].append(version)
    return [_view(each, versions[each.id]) for each in found]


def _view(rule: ServiceRule, versions: Sequence[ServiceRuleVersion]) -> RuleView:
    today = clock.today()
    in_force = [
        each
        for each in versions
        if (each.effective_from is None or each.effective_from <= today)
        and (each.effective_to is None or today < each.effective_to)
    ]
    version = (in_force or list(versions))[-1]
    spec = spec_of(version, rule.name)
    return RuleView(
        rule_id=rule.id,
        version_id=version.id,
        number=version.number,
        name=rule.name,
        state=rule.state,
        preset=rule.preset,
        confidence=rule.confidence,
        reasons=tuple(rule.reasons),
        spec=spec,
        sentence=sentence(spec),
        version=rule.version,
    )


def unaccounted_by_sku(session: Session, context: Context) -> tuple[UnaccountedSku, ...]:
    """Usage that no rule takes, as the last run found it, most seats first."""
    repository = RuleRepository(session, context)
    return repository.once("unaccounted", lambda: _read_unaccounted(repository))


def _read_unaccounted(repository: RuleRepository) -> tuple[UnaccountedSku, ...]:
    period = repository.last_period()
    rows = repository.unaccounted(period) if period else []
    return tuple(UnaccountedSku(row[0], row[1], row[2], int(row[3]) // _ONE, row[4]) for row in rows)


def preview(session: Session, context: Context, spec: RuleSpec) -> RulePreview:
    """What a rule would take today over mapped accounts, and how much of it no active rule takes yet."""
    repository = RuleRepository(session, context)
    day = clock.today()
    active = service.rules_in_force(session, context, day)
    ids = service.connections_of(session, context, active)
    return RulePreview(*repository.preview(spec, day, [(each, ids[each.version_id]) for each in active]))
