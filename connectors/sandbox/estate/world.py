"""The things of the sandbox world: who is a client, what he uses at each vendor, what he is billed, what was planted.

Plain records only. How they come about is in `construct`; files and servers are views on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

M365 = "Microsoft 365"
NINJA = "NinjaOne"
DATTO = "Datto RMM"
HUNTRESS = "Huntress"
ACRONIS = "Acronis"
PROOFPOINT = "Proofpoint"
PAX8 = "Pax8"
PARTNER_CENTER = "Partner Center"
INTEGRATIONS = (M365, NINJA, DATTO, HUNTRESS, ACRONIS, PROOFPOINT, PAX8, PARTNER_CENTER)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in `changed_at` of a thing that is not in an estate yet; whoever puts it there writes the moment."""


@dataclass(slots=True)
class Site:
    """One address of a client. The first site is the head office."""

    name: str
    address: str
    city: str
    region: str
    postcode: str
    phone: str


@dataclass(slots=True)
class Client:
    """A customer as the PSA knows it. `staff` is the number of people who work with a computer there."""

    id: str
    identifier: str
    name: str
    core: str
    domain: str
    country: str
    currency: str
    sites: list[Site]
    staff: int
    former_name: str = ""
    former_domain: str = ""
    since: date = date(2020, 1, 1)
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Account:
    """A client (or something else) as one vendor knows it. Whose it is stands only in `Estate.truth`."""

    integration: str
    id: str
    name: str
    domain: str = ""
    tenant_domain: str = ""
    site: Site | None = None
    changed_at: datetime = NEVER


@dataclass(slots=True)
class User:
    """A row of a Microsoft 365 directory: a person, a shared mailbox or a guest. `licences` are SKU part numbers.

    `kind` is member, shared or guest. `last_sign_in_at` is None where the directory has none.
    """

    id: str
    account_id: str
    upn: str
    first_name: str
    last_name: str
    display_name: str
    title: str
    department: str
    created_at: datetime
    licences: tuple[str, ...] = ()
    kind: str = "member"
    is_enabled: bool = True
    phone: str = ""
    changed_at: datetime = NEVER
    last_sign_in_at: datetime | None = None


@dataclass(slots=True)
class Device:
    """A computer in an RMM. `device_class` is workstation or server; `model_type` is what the vendor calls it."""

    id: str
    integration: str
    account_id: str
    hostname: str
    serial: str
    device_class: str
    model_type: str
    os: str
    last_user: str
    location: str
    created_at: datetime
    last_seen_at: datetime
    changed_at: datetime = NEVER
    mac: str = ""


@dataclass(slots=True)
class Agent:
    """A Huntress agent on a computer."""

    id: str
    account_id: str
    hostname: str
    serial: str
    platform: str
    os: str
    version: str
    created_at: datetime
    last_seen_at: datetime
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Workload:
    """A machine under protection of Acronis."""

    id: str
    account_id: str
    name: str
    type: str
    plan: str
    protected_gb: Decimal
    created_at: datetime
    last_backup_at: datetime
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Mailbox:
    """A user of Proofpoint Essentials."""

    id: str
    account_id: str
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Subscription:
    """Something bought by quantity at a distributor. `status` is active or cancelled (which no longer counts)."""

    id: str
    integration: str
    account_id: str
    sku: str
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    currency: str
    term: str
    billing: str
    status: str
    started_on: date
    commitment_ends_on: date
    created_at: datetime
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Agreement:
    """What bills a client each period. From `cancelled_on` none of its lines is billed."""

    id: str
    client_id: str
    name: str
    type: str
    billing_cycle: str
    currency: str
    starts_on: date
    cancelled_on: date | None = None
    changed_at: datetime = NEVER


@dataclass(slots=True)
class Line:
    """An agreement addition. Prices are per billing cycle in `currency`; from `cancelled_on` it is not billed."""

    id: str
    agreement_id: str
    client_id: str
    product_code: str
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    currency: str
    billing_cycle: str
    effective_on: date
    included: Decimal = Decimal(0)
    cancelled_on: date | None = None
    taxable: bool = True
    changed_at: datetime = NEVER

    def is_active(self, day: date) -> bool:
        return self.effective_on <= day and (self.cancelled_on is None or day < self.cancelled_on)


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing that a reconciliation must show.

    `delta` is expected less billed for (client, product), None where the finding is a flag or carries no expectation.
    For `unmapped_account` the client and product are empty and `delta` is the account's seats; for `unaccounted` the
    `product_code` is empty, `sku` names what was found and `seat_ids` are its seats. `seat_ids` hold what makes the
    difference as far as the vendor still shows it (somebody who left is in nobody's list).
    """

    kind: str
    integration: str
    client_id: str
    product_code: str
    delta: Decimal | None
    note: str
    seat_ids: tuple[str, ...] = ()
    line_ids: tuple[str, ...] = ()
    account_id: str = ""
    sku: str = ""


Unit = User | Device | Agent | Workload | Mailbox | Subscription
Entity = Client | Account | Unit | Agreement | Line
KIND_OF: dict[type, str] = {
    Client: "client",
    Account: "account",
    User: "user",
    Device: "device",
    Agent: "agent",
    Workload: "workload",
    Mailbox: "mailbox",
    Subscription: "subscription",
    Agreement: "agreement",
    Line: "line",
}


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that was removed: as it last stood, with `at` (and its `changed_at`) the moment of removal."""

    kind: str
    entity: Entity
    at: datetime


@dataclass(frozen=True, slots=True)
class Was:
    """How a line, an agreement or a subscription stood before `until`; `state` None: it was not there yet."""

    until: datetime
    state: Line | Agreement | Subscription | None


@dataclass(slots=True)
class Estate:
    """The whole world on one day, with the ground truth. Once built, it is changed through `town.Town` only.

    `truth` maps (integration, account id) to the client's id, or to None where the account is nobody's. `planted`
    speaks of the day of building. `history` keeps earlier states by (kind, id), oldest first. `moment` is that of the
    latest change, never before `as_of` began (midnight UTC). An entity's `changed_at` moves when one of its facts
    does; presence (last seen, last sign-in, last backup) is no such fact.
    """

    seed: int
    as_of: date
    clients: list[Client] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    mailboxes: list[Mailbox] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    truth: dict[tuple[str, str], str | None] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    history: dict[tuple[str, str], list[Was]] = field(default_factory=dict)
    moment: datetime = NEVER
