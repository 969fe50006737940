"""What a reconciliation looks at, read once and held as plain values. Quantities and prices are integer millionths."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from rcx_app.core.money import from_micros
from rcx_app.domain.reconcile.arithmetic import median_price, yearly
from rcx_app.domain.service_rules.schemas import RuleInForce

if TYPE_CHECKING:
    from rcx_app.domain.reconcile.counting.census import Census

HARD = frozenset({"person", "file"})
"""Ways of deciding a mapping that make it hard; a mapping decided by a model is inferred."""


@dataclass(frozen=True, slots=True)
class LineFact:
    """A PSA line of a client."""

    id: int
    external_id: str
    connection_id: int
    client_id: int
    agreement_id: int
    product_key: str
    product_code: str
    product_name: str
    quantity: int
    included: int
    price: int | None
    cost: int | None
    currency: str
    cycle: str
    effective: date | None
    cancelled: date | None
    is_calculated: bool
    is_removed: bool

    def is_active(self, day: date) -> bool:
        """Whether the line bills on `day` (arithmetic: lines)."""
        started = self.effective is None or self.effective <= day
        return started and (self.cancelled is None or day < self.cancelled) and not self.is_removed


class Price(NamedTuple):
    """What an active line of a client asks for a product; None where it names no price."""

    product_key: str
    client_id: int
    price: int | None
    currency: str
    cycle: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a rule takes at a client: `value` by its way of counting, `seats` rows, `missing` those without quantity.

    `silent` of the seats were last seen before the workspace's time; None where that was not asked.
    """

    value: int
    seats: int
    missing: int = 0
    peak_day: date | None = None
    silent: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ConnectionFact:
    """A connection and its health. `fresh_for`: how long after its last complete run it may be relied on."""

    id: int
    side: str
    label: str
    vendor: str
    state: str
    last_complete_at: datetime | None
    fresh_for: timedelta


UNCONFIRMED = "and nobody has confirmed it"
"""How the reason of a finding ends that waits for a person's word on a count that fell."""


@dataclass(frozen=True, slots=True)
class HeldFall:
    """A count that fell too far in one sync and that nobody has confirmed. Counts in millionths."""

    account_id: int
    sku_key: str
    sku_name: str
    account: str
    before: int
    after: int
    fell_at: datetime

    @property
    def sentence(self) -> str:
        what = f"{self.sku_name} of {self.account}" if self.sku_name else f"the count of {self.account}"
        before, after = from_micros(self.before), from_micros(self.after)
        return f"{what} fell from {before:f} to {after:f}, {UNCONFIRMED}"


@dataclass(frozen=True, slots=True)
class ClientFact:
    id: int
    external_id: str
    name: str
    connection_id: int = 0


@dataclass(frozen=True, slots=True)
class UnmappedAccount:
    """An account mapped to no client and not excluded, with its seats."""

    id: int
    external_id: str
    name: str
    connection_id: int
    seats: int


@dataclass(frozen=True, slots=True)
class UnaccountedGroup:
    """Seats of a client with one SKU that no rule takes. `connection_ids` are where they come from."""

    client_id: int
    sku_key: str
    sku: str
    sku_name: str
    seats: int
    connection_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CatalogueFact:
    code: str
    name: str
    price: int | None
    cost: int | None
    currency: str


class PriceBook:
    """Prices of active lines by product, currency and whether they recur: sorted, and without one client's own.

    Recurring prices are kept by the year (see arithmetic), so that cycles compare.
    """

    def __init__(self, lines: Iterable[LineFact | Price]) -> None:
        by_key: dict[tuple[str, str, bool], list[tuple[int, int]]] = defaultdict(list)
        self._currencies: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            if line.price is not None:
                self._currencies[line.product_key].append(line.currency)
                by_key[self._key(line.product_key, line.currency, line.cycle)].append(
                    (line.price if line.cycle == "one_time" else yearly(line.price, line.cycle), line.client_id)
                )
        self._sorted = {key: sorted(price for price, _ in pairs) for key, pairs in by_key.items()}
        self._owners = {key: {client for _, client in pairs} for key, pairs in by_key.items()}
        self._own: dict[tuple[str, str, bool], dict[int, list[int]]] = {}
        for key, pairs in by_key.items():
            own = self._own[key] = defaultdict(list)
            for price, client_id in pairs:
                own[client_id].append(price)

    @staticmethod
    def _key(product_key: str, currency: str, cycle: str) -> tuple[str, str, bool]:
        return (product_key, currency, cycle == "one_time")

    def median(self, product_key: str, currency: str, cycle: str, *, without: int | None = None) -> int | None:
        """The median price, told for `cycle`; `without` leaves a client's own prices out."""
        return median_price(self._prices(self._key(product_key, currency, cycle), without), cycle)

    def number(self, product_key: str, currency: str, cycle: str, *, without: int | None = None) -> int:
        """How many prices that median comes from."""
        return len(self._prices(self._key(product_key, currency, cycle), without))

    def clients(self, product_key: str, currency: str, cycle: str) -> int:
        """How many clients have such a price."""
        return len(self._owners.get(self._key(product_key, currency, cycle), ()))

    def currencies(self, product_key: str) -> Sequence[str]:
        """The currency of every price of the product."""
        return self._currencies.get(product_key, ())

    def _prices(self, key: tuple[str, str, bool], without: int | None) -> list[int]:
        prices = self._sorted.get(key, [])
        own = self._own.get(key, {}).get(without) if without is not None else None
        if not own:
            return prices
        others = prices.copy()
        for price in own:
            del others[bisect_left(others, price)]
        return others


@dataclass(slots=True)
class Facts:
    """All that one run compares. `sources`: client -> connection -> whether all its accounts there are mapped hard.

    Lines, counts and prices are without what is excluded. `excluded_products`: connection -> folded codes; `unbilled`:
    (client, folded code) with lines that are excluded by themselves. `hidden`: how many lines and seats that makes.
    """

    day: date
    clients: Mapping[int, ClientFact]
    lines: Sequence[LineFact]
    rules: Sequence[RuleInForce]
    connections: Mapping[int, ConnectionFact]
    rule_connections: Mapping[int, tuple[int, ...]]
    sources: Mapping[int, Mapping[int, bool]]
    counts: Mapping[tuple[int, int], Count]
    fallen: Mapping[tuple[int, int], str]
    accounts: Sequence[UnmappedAccount]
    unaccounted: Sequence[UnaccountedGroup]
    prices: PriceBook
    catalogue: Mapping[str, CatalogueFact]
    hidden_accounts: int = 0
    excluded_products: Mapping[int, Sequence[str]] = field(default_factory=dict)
    unbilled: Collection[tuple[int, str]] = ()
    hidden: Mapping[str, int] = field(default_factory=dict)
    census: Census | None = None
    active: list[LineFact] = field(init=False)

    def __post_init__(self) -> None:
        self.active = [line for line in self.lines if line.is_active(self.day)]

    def is_hidden(self, client_id: int, product_key: str) -> bool:
        """Whether usage without a line says nothing, because what would bill it at the client is excluded."""
        client = self.clients.get(client_id)
        codes = self.excluded_products.get(client.connection_id, ()) if client else ()
        return product_key in codes or (client_id, product_key) in self.unbilled
