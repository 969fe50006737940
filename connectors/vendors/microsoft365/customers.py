"""Which customers may be read: those whose delegated administration (GDAP) is in force. Nobody else is, nor as zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.http.rows import Row

SOON = timedelta(days=30)
_IN_FORCE = "active"
_COMING = frozenset({"created", "approvalPending", "approved", "activating"})
_NO_EXTENSION = frozenset({"", "PT0S", "P0D"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A tenant to read. `ends_at` is when the delegated administration ends, None where it is not under it or unknown;
    `is_extended`: Microsoft prolongs it then by itself."""

    id: str
    name: str = ""
    domain: str = ""
    contract_type: str = ""
    relationship: str = ""
    ends_at: datetime | None = None
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class _Contract:
    name: str
    domain: str
    type: str


def in_force(
    contracts: Iterable[Row],
    relationships: Iterable[Row],
    left_out: frozenset[str],
    now: datetime,
    note: Callable[[str], None],
) -> list[Customer]:
    """The customers to read, by tenant id; who is left out, and whose access ends within 30 days, is noted.

    A customer may have several relationships: the one in force that ends last counts.
    """
    held = {
        row.need("customerId").casefold(): _Contract(
            row.text("displayName"), row.text("defaultDomainName"), row.text("contractType")
        )
        for row in contracts
    }
    found: dict[str, Customer] = {}
    over: dict[str, str] = {}
    for row in relationships:
        status = row.need("status")
        if status in _COMING and not row.row("customer").has("tenantId"):
            continue
        customer = _customer(row, held)
        if status == _IN_FORCE and (customer.is_extended or customer.ends_at is None or customer.ends_at > now):
            known = found.get(customer.id)
            if known is None or _lasts(customer, known):
                found[customer.id] = customer
        else:
            over.setdefault(customer.id, _over(customer, status, now))
    for tenant_id, contract in held.items():
        over.setdefault(tenant_id, f"{contract.name or tenant_id} is under no delegated administration")
    for tenant_id, said in sorted(over.items()):
        if tenant_id not in found and tenant_id not in left_out:
            note(f"{said}; it is left out, not counted as zero.")
    read = [customer for tenant_id, customer in sorted(found.items()) if tenant_id not in left_out]
    for customer in read:
        if customer.ends_at is not None and customer.ends_at - now <= SOON and not customer.is_extended:
            note(f"The delegated administration of {customer.name} ends on {customer.ends_at.date()}: renew it.")
    for tenant_id in sorted(left_out & found.keys()):
        note(f"{found[tenant_id].name} is left out by the connection's settings.")
    for tenant_id in sorted(left_out - found.keys() - over.keys()):
        note(f"The settings leave out {tenant_id}, which is no customer's tenant.")
    return read


def _customer(row: Row, held: dict[str, _Contract]) -> Customer:
    party = row.row("customer")
    tenant_id = party.need("tenantId").casefold()
    contract = held.get(tenant_id, _Contract("", "", ""))
    return Customer(
        id=tenant_id,
        name=contract.name or party.text("displayName") or contract.domain or tenant_id,
        domain=contract.domain,
        contract_type=contract.type,
        relationship=row.text("displayName"),
        ends_at=row.moment("endDateTime"),
        is_extended=row.text("autoExtendDuration") not in _NO_EXTENSION,
    )


def _lasts(customer: Customer, known: Customer) -> bool:
    """Whether this one's access lasts longer than the known one's; an unknown end is the longest."""
    if known.ends_at is None or customer.ends_at is None:
        return known.ends_at is not None
    return customer.ends_at > known.ends_at


def _over(customer: Customer, status: str, now: datetime) -> str:
    if status in _COMING:
        return f"The delegated administration of {customer.name} is not in force yet ({status})"
    ended = customer.ends_at is not None and customer.ends_at <= now
    when = f" on {customer.ends_at.date()}" if ended and customer.ends_at is not None else ""
    return f"The delegated administration of {customer.name} ended{when} ({status})"
