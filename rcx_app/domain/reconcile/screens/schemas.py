"""Rows, filters and totals that screens read. Sums are per month and of one currency each; they never mix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Monthly money in one currency. `over` is negative or 0; counts are findings, priced or not."""

    currency: str
    under: Decimal = Decimal(0)
    over: Decimal = Decimal(0)
    under_count: int = 0
    over_count: int = 0

    @property
    def net(self) -> Decimal:
        return self.under + self.over


@dataclass(frozen=True, slots=True)
class Money:
    """`calculated` is sure and ready; the others stand apart and never enter it (`unmapped` prices are inferred)."""

    calculated: tuple[Sums, ...] = ()
    estimated: tuple[Sums, ...] = ()
    unmapped: tuple[Sums, ...] = ()
    not_ready: tuple[Sums, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """One service or client with its calculated, ready money in one currency. `key` filters the findings."""

    key: str
    name: str
    findings: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Overview:
    """The numbers of the workspace in the period of its last run. `has_run` False: nothing else means anything."""

    has_run: bool
    period: date
    as_of: date | None
    finished_at: datetime | None
    money: Money
    open_findings: int
    not_ready: int
    by_kind: dict[str, int]
    unmapped_accounts: int
    unmapped_services: int
    unaccounted_seats: int
    clients: int
    clients_reconciled: int
    flags: dict[str, int]
    hidden_accounts: int
    top_services: tuple[Impact, ...]
    top_clients: tuple[Impact, ...]


@dataclass(frozen=True, slots=True)
class ClientFilters:
    """`search` in the name; `only_open` leaves out clients without a finding."""

    search: str = ""
    only_open: bool = False
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client of the table. `amount` is the calculated, ready net in `currency`, per month."""

    client_id: int
    name: str
    seats: int
    services: int
    discrepancies: int
    flags: int
    currency: str
    amount: Decimal
    billing_cycle: str
    money: Money
    trend: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingFilters:
    """All that is given must hold. `directions`: under, over. `min_amount` compares the absolute monthly amount.

    `scope`: group | rule | account | sku, see `Finding`. `assignee_id`: see also `review.filtering.NOBODY` and `ME`;
    `is_returned`: decided once, and open again by itself. `min_days`: it stands for so many days at least.
    """

    kinds: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    client_id: int | None = None
    integration: str = ""
    product_code: str = ""
    service_key: str = ""
    rule_id: int | None = None
    currency: str = ""
    is_ready: bool | None = None
    search: str = ""
    min_amount: Decimal | None = None
    scope: str = ""
    assignee_id: int | None = None
    tag: str = ""
    is_returned: bool | None = None
    min_days: int | None = None


@dataclass(frozen=True, slots=True)
class FilterOption:
    """One value that a list can be narrowed to, with how many open findings it has."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class FindingsHead:
    """What stands over the lists of findings. `counts` by view (see `screens.query.VIEWS`)."""

    has_run: bool
    as_of: date | None
    finished_at: datetime | None
    money: Money
    counts: dict[str, int]
    clients: int
    clients_reconciled: int
    hidden_accounts: int


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Open findings of one service in one currency, over all clients and agreements.

    `scope` account: the accounts of an integration that belong to no client yet. `sums` are calculated and ready;
    `apart` is the monthly money of the others (estimated, unmapped, not ready), which never enters them. `billed` and
    `expected` are summed over the findings that have an expectation.
    """

    service_key: str
    name: str
    product_code: str
    integration: str
    scope: str
    findings: int
    clients: int
    not_ready: int
    billed: Decimal
    expected: Decimal
    sums: Sums
    apart: Decimal


@dataclass(frozen=True, slots=True)
class RuleAtClient:
    """What a rule counts at one client beside what the product's lines bill there.

    `has_line` False: counted, and no line bills it. `count`, `expected` and `delta` are None where the client has no
    account that could be counted. `monthly_amount` is the delta's money, None where no price is known.
    """

    client_id: int
    client_name: str
    has_line: bool
    billed: Decimal
    count: Decimal | None
    expected: Decimal | None
    delta: Decimal | None
    monthly_amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One month, named by its first day: what was billed, and what was expected (or counted, without expectation)."""

    period: date
    billed: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """What people left on a finding, for its row. `returned`: why it is open again, empty where it never came back."""

    assignee_id: int | None = None
    assignee: str = ""
    returned: str = ""
    effective_date: date | None = None
    snoozed_until: date | None = None
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in a list. `amount` per billing cycle, `monthly_amount` per month, None where no price is known.

    `awaits_mapping`: an account that its rule would count waits in the mapping queue with this client as suggestion.
    `service` is the product's name, or the SKU's where no product is. `account_id` is set where an account is unmapped,
    then `account_name` is what it calls itself.
    """

    finding_id: int
    client_id: int | None
    client_name: str
    service: str
    product_code: str
    sku: str
    integration: str
    scope: str
    kind: str
    direction: str
    billed: Decimal
    count: Decimal
    expected: Decimal | None
    delta: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None
    monthly_amount: Decimal | None
    currency: str
    billing_cycle: str
    is_ready: bool
    state: str
    account_id: int | None
    rule_id: int | None
    first_found_at: datetime
    explanation: str
    service_key: str = ""
    account_name: str = ""
    awaits_mapping: bool = False
    trend: tuple[TrendPoint, ...] = ()
    decision: Decision = Decision()


@dataclass(frozen=True, slots=True)
class FlagRow:
    flag_id: int
    kind: str
    client_id: int | None
    client_name: str
    line_id: int | None
    seat_id: int | None
    product_code: str
    message: str
