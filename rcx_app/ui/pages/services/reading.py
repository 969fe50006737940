"""What the services page reads of the domain, each in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import Page
from rcx_app.core.text import fold
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.reconcile.screens import rule as held
from rcx_app.domain.reconcile.screens import service as findings
from rcx_app.domain.reconcile.screens.schemas import FindingFilters, FindingRow, RuleAtClient
from rcx_app.domain.service_rules import screens
from rcx_app.domain.service_rules.schemas import (
    ProductNumbers,
    ProductRow,
    RuleDetail,
    RulePreview,
    RuleView,
    SeatSample,
    UnaccountedSku,
)
from rcx_app.domain.views import settings

SURE = Decimal("0.90")
"""From this confidence on, suggestions can be accepted at once."""
_MORE = 50
NO_SKU = "seats without a SKU"
REVIEW, ALL, UNACCOUNTED, ASIDE = "review", "all", "unaccounted", "aside"
TABS = (REVIEW, ALL, UNACCOUNTED, ASIDE)
_COUNTED = ("counted", "partly", "suggested")
"""States of products that usage is held against, or would be."""
_STATES_OF = {REVIEW: ("suggested",), ASIDE: ("rejected", "retired")}
NO_PRODUCTS: Page[ProductRow] = Page(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for. `tab` empty: to review where something is, else all. `open` empty: the first row.
    `lines`: the contract view, all | mapped (empty: the workspace's)."""

    tab: str = ""
    state: str = ""
    integration: str = ""
    text: str = ""
    open: str = ""
    size: int = 50
    lines: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers around the list. `sure`: suggestions that can be accepted at once."""

    products: ProductNumbers
    unaccounted: int
    aside: int
    sure: int


@dataclass(frozen=True, slots=True)
class Hand:
    """What the right pane shows: a product with the rule that counts or might count it, a rule, or usage of a SKU.

    `aside`: for a product without a rule, those that were rejected or retired.
    """

    product: ProductRow | None = None
    rule: RuleDetail | None = None
    preview: RulePreview | None = None
    at_clients: tuple[RuleAtClient, ...] = ()
    seats: tuple[SeatSample, ...] = ()
    sku: UnaccountedSku | None = None
    findings: tuple[FindingRow, ...] = ()
    aside: tuple[RuleView, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of one tab: products, rules set aside, or usage that nothing takes. `hidden`: products that the contract
    view leaves out. `found`: rules or usage that the filters leave; `after`: where the next of them begin."""

    products: Page[ProductRow] = NO_PRODUCTS
    rules: tuple[RuleView, ...] = ()
    skus: tuple[UnaccountedSku, ...] = ()
    hidden: int = 0
    found: int = 0
    after: str = ""

    @property
    def total(self) -> int:
        """Rows that the filters leave, shown or not."""
        return self.products.total or self.found

    @property
    def next_cursor(self) -> str:
        return self.products.next_cursor or self.after

    def ids(self) -> list[str]:
        """The rows' ids in their order."""
        return [
            *(row.product_key for row in self.products.items),
            *(str(row.rule_id) for row in self.rules),
            *(sku_id(row) for row in self.skus),
        ]


@dataclass(frozen=True, slots=True)
class Everything:
    """A page as it opens. `is_missing`: what the address names is not there."""

    tab: str
    numbers: Numbers
    integrations: tuple[tuple[str, int], ...]
    listed: Listed
    hand: Hand | None
    ahead: Hand | None
    is_missing: bool
    is_matching: bool
    has_usage: bool


def sku_id(row: UnaccountedSku) -> str:
    """What names a group of unaccounted usage in the address."""
    return f"{row.integration}/{row.sku}"


def everything(session: Any, context: Context, wanted: Wanted) -> Everything:
    """All that the page shows when it opens."""
    counted = numbers(session, context, wanted.integration)
    tab = wanted.tab or (REVIEW if counted.products.states.get("suggested") else ALL)
    shown = listed(session, context, tab, wanted)
    while len(shown.products.items) < wanted.size and shown.products.next_cursor:
        more = listed(session, context, tab, wanted, shown.products.next_cursor).products
        together = (*shown.products.items, *more.items)
        shown = Listed(Page(together, more.next_cursor, more.total), hidden=shown.hidden)
    ids = shown.ids()
    opened = hand(session, context, tab, wanted.open)
    is_missing = bool(wanted.open) and opened is None
    open_id = wanted.open if opened is not None else (ids[0] if ids else "")
    if opened is None:
        opened = hand(session, context, tab, open_id)
    at = ids.index(open_id) + 1 if open_id in ids else len(ids)
    return Everything(
        tab=tab,
        numbers=counted,
        integrations=integrations(session, context, tab, counted),
        listed=shown,
        hand=opened,
        ahead=hand(session, context, tab, ids[at]) if at < len(ids) else None,
        is_missing=is_missing,
        is_matching=bool(jobs.open_jobs(session, context, [mapping.KIND])),
        has_usage=mapping.standing(session, context).accounts > 0,
    )


def numbers(session: Any, context: Context, integration: str) -> Numbers:
    """Counts of products by state, of what no rule takes, of rules set aside, of sure suggestions of an integration."""
    return Numbers(
        products=screens.product_numbers(session, context),
        unaccounted=len(screens.unaccounted_by_sku(session, context)),
        aside=len(screens.rules(session, context, _STATES_OF[ASIDE])),
        sure=len(sure(session, context, integration)),
    )


def integrations(session: Any, context: Context, tab: str, counted: Numbers) -> tuple[tuple[str, int], ...]:
    """The integrations of a tab's rows, each with its number of them."""
    if tab == UNACCOUNTED:
        return _tally(each.integration for each in screens.unaccounted_by_sku(session, context))
    if tab in _STATES_OF:
        return _tally(each.spec.integration for each in screens.rules(session, context, _STATES_OF[tab]))
    return counted.products.integrations


def _tally(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(name for name in names if name).items()))


def sure(session: Any, context: Context, integration: str = "") -> tuple[RuleView, ...]:
    """The suggestions that can be accepted at once, of one integration or all, surest first."""
    found = [
        each
        for each in screens.rules(session, context, ("suggested",))
        if (each.confidence or 0) >= SURE and integration in ("", each.spec.integration)
    ]
    return tuple(sorted(found, key=lambda each: (-(each.confidence or 0), each.name)))


def listed(session: Any, context: Context, tab: str, wanted: Wanted, cursor: str = "") -> Listed:
    """One page of a tab's rows."""
    text = wanted.text.strip().casefold()
    start = int(cursor) if cursor.isdecimal() else 0
    end = start + (_MORE if cursor else wanted.size)
    if tab == UNACCOUNTED:
        skus = [
            each
            for each in screens.unaccounted_by_sku(session, context)
            if text in f"{each.sku} {each.sku_name} {each.integration}".casefold()
            and wanted.integration in ("", each.integration)
        ]
        return Listed(skus=tuple(skus[start:end]), found=len(skus), after=str(end) if end < len(skus) else "")
    if tab == ASIDE:
        rules = [
            each
            for each in screens.rules(session, context, _STATES_OF[ASIDE])
            if text in f"{each.name} {' '.join(each.spec.products)}".casefold()
            and wanted.integration in ("", each.spec.integration)
        ]
        return Listed(rules=tuple(rules[start:end]), found=len(rules), after=str(end) if end < len(rules) else "")
    states = ("suggested",) if tab == REVIEW else ((wanted.state,) if wanted.state else ())
    hidden = 0
    if not (states or text or wanted.integration) and _view(session, context, wanted) == "mapped":
        states = _COUNTED
        if not cursor:
            by_state = screens.product_numbers(session, context).states
            hidden = sum(number for state, number in by_state.items() if state not in _COUNTED)
    found = screens.list_products(session, context, wanted.text, cursor, states=states, integration=wanted.integration)
    return Listed(found, hidden=hidden)


def _view(session: Any, context: Context, wanted: Wanted) -> str:
    return wanted.lines or settings.contract_view(session, context)


def one(session: Any, context: Context, product_key: str) -> Listed:
    """A product's row as it is now; none where its lines are gone."""
    try:
        return Listed(Page((screens.product(session, context, product_key),)))
    except NotFound:
        return Listed()


def around(session: Any, context: Context, wanted: Wanted, next_id: str) -> tuple[Numbers, Hand | None, Hand | None]:
    """After a decision: the numbers, what is in hand as it is now, and the one after it."""
    counted = numbers(session, context, wanted.integration)
    return (counted, *two(session, context, wanted.tab, wanted.open, next_id))


def two(session: Any, context: Context, tab: str, open_id: str, next_id: str) -> tuple[Hand | None, Hand | None]:
    """What is in hand and the one after it."""
    return hand(session, context, tab, open_id), hand(session, context, tab, next_id)


def hand(session: Any, context: Context, tab: str, open_id: str) -> Hand | None:
    """What a row's id opens, or None where it is gone."""
    if not open_id:
        return None
    try:
        if tab == UNACCOUNTED:
            return _sku(session, context, open_id)
        if tab == ASIDE:
            return _rule(session, context, int(open_id)) if open_id.isascii() and open_id.isdecimal() else None
        product = screens.product(session, context, open_id)
    except NotFound:
        return None
    if product.rule is None:
        aside = screens.rules(session, context, _STATES_OF[ASIDE])
        return Hand(product, aside=tuple(each for each in aside if product.product_key in each.spec.product_keys))
    return _with_rule(session, context, product, product.rule, product.product_key)


def _rule(session: Any, context: Context, rule_id: int) -> Hand | None:
    view = screens.rule(session, context, rule_id)
    if view.state not in ("rejected", "retired"):
        return None
    return _with_rule(session, context, None, view, view.spec.product_keys[0])


def _with_rule(session: Any, context: Context, product: ProductRow | None, view: RuleView, key: str) -> Hand:
    return Hand(
        product=product,
        rule=screens.rule_detail(session, context, view.rule_id),
        preview=screens.preview(session, context, view.spec),
        at_clients=held.at_clients(session, context, view.version_id, key),
        seats=screens.sample_seats(session, context, view.spec),
    )


def _sku(session: Any, context: Context, open_id: str) -> Hand | None:
    found = next((each for each in screens.unaccounted_by_sku(session, context) if sku_id(each) == open_id), None)
    if found is None:
        return None
    filters = FindingFilters(kinds=("unaccounted",), integration=found.integration, service_key=sku_key(found))
    page = findings.findings(session, context, filters, "client")
    return Hand(sku=found, findings=tuple(row for row in page.items if row.sku == found.sku))


def sku_key(row: UnaccountedSku) -> str:
    """The service by which the review queue narrows to this group."""
    return fold(row.sku_name or row.sku or NO_SKU)
