"""Canonical records made of what Microsoft Graph answers. Nothing is asked here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from connectors.data.microsoft_skus import sku_of
from connectors.http.rows import Row
from connectors.records import Account, Seat, Sku, Subscription
from connectors.vendors.microsoft365.customers import Customer

_STATUS = {"Enabled": "active", "Deleted": "deleted"}
_INITIAL = ".onmicrosoft.com"
_TIMES = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")
_UNITS = ("enabled", "warning", "suspended", "lockedOut")


class Named(NamedTuple):
    """What a SKU is called: `part` is the machine name (skuPartNumber), `name` what the admin centre shows."""

    part: str
    name: str


def named(guid: str, part: str = "") -> Named:
    """The names of a SKU. Microsoft's table decides; a SKU that it does not have goes by the tenant's part number."""
    known = sku_of(guid)
    return Named(known.part_number, known.name) if known else Named(part or guid, part or guid)


def account(customer: Customer, row: Row) -> Account:
    """A tenant, by its own organisation record."""
    domains = [(each.text("name"), each.flag("isDefault")) for each in row.rows("verifiedDomains", "verified domain")]
    default = next((name for name, is_default in domains if is_default), "") or customer.domain
    if default.endswith(_INITIAL):
        default = next((name for name, _ in domains if not name.endswith(_INITIAL)), default)
    name = row.text("displayName") or customer.name or default or row.need("id")
    others = dict.fromkeys(each for each in (customer.name,) if each and each != customer.id)
    return Account(
        external_id=row.need("id").casefold(),
        name=name,
        domain=default,
        phone=next(iter(row.texts("businessPhones")), ""),
        address=row.text("street"),
        city=row.text("city"),
        region=row.text("state"),
        postcode=row.text("postalCode"),
        country=row.text("countryLetterCode"),
        aliases=tuple(each for each in others if each.casefold() != name.casefold()),
        attributes=_filled(
            {
                "verified_domains": " ".join(name for name, _ in domains if name),
                "tenant_type": row.text("tenantType"),
                "contract_type": customer.contract_type,
                "delegation": customer.relationship,
                "delegation_ends_on": customer.ends_at.date().isoformat() if customer.ends_at else "",
                "delegation_is_extended": str(customer.is_extended).lower() if customer.ends_at else "",
            }
        ),
    )


def sku(row: Row) -> Sku:
    """A SKU that a tenant holds. It is the same in every tenant, so nothing of the tenant is in it."""
    guid = row.need("skuId").casefold()
    part, name = named(guid, row.text("skuPartNumber"))
    return Sku(external_id=part, name=name, attributes=_filled({"sku_id": guid, "applies_to": row.text("appliesTo")}))


def seats(customer: Customer, row: Row, parts: Mapping[str, str]) -> Iterator[Seat]:
    """One seat a licence of a user; `parts` names SKUs that Microsoft's table does not have."""
    user, name = row.need("id"), row.text("userPrincipalName")
    is_guest = row.text("userType").casefold() == "guest"
    states = _states(row)
    shared = _filled(
        {
            "user_principal_name": name,
            "user_type": row.text("userType"),
            "account_enabled": row.text("accountEnabled"),
            "mail": row.text("mail"),
            "department": row.text("department"),
            "job_title": row.text("jobTitle"),
            "usage_location": row.text("usageLocation"),
        }
    )
    for licence in row.need_rows("assignedLicenses", "licence of a user"):
        guid = licence.need("skuId").casefold()
        part, shown = named(guid, parts.get(guid, ""))
        yield Seat(
            external_id=f"{user}/{guid}",
            account_external_id=customer.id,
            kind="user",
            sku=part,
            sku_name=shown,
            identity=(row.text("mail") if is_guest else "") or name,
            display_name=row.text("displayName") or name,
            status="active" if row.flag("accountEnabled", True) else "disabled",
            quantity=Decimal(1),
            created_at=row.moment("createdDateTime"),
            last_seen_at=_last_seen(row.row("signInActivity")),
            attributes={**shared, "sku_id": guid, **states.get(guid, {})},
        )


def subscriptions(customer: Customer, held: Row, bought: list[Row]) -> Iterator[Subscription]:
    """What was bought of a SKU: its subscriptions, or its enabled units where none of them is listed.

    Units in warning, suspended or locked out are not bought units; they stand in the attributes and are never added.
    """
    guid = held.need("skuId").casefold()
    part, name = named(guid, held.text("skuPartNumber"))
    units = held.row("prepaidUnits")
    counted = {f"units_{_snake(each)}": units.text(each) for each in _UNITS}
    about = {**counted, "units_consumed": held.text("consumedUnits"), "sku_id": guid}
    for row in bought:
        status = row.need("status")
        yield Subscription(
            external_id=row.need("id"),
            account_external_id=customer.id,
            sku=part,
            sku_name=name,
            quantity=row.need_exact("totalLicenses"),
            status=_STATUS.get(status, "suspended"),
            starts_on=row.day("createdDateTime"),
            attributes=_filled(
                {
                    **about,
                    "status": status,
                    "is_trial": row.text("isTrial"),
                    "next_lifecycle_on": row.text("nextLifecycleDateTime")[:10],
                    "commerce_subscription_id": row.text("commerceSubscriptionId"),
                    "owner_tenant_id": row.text("ownerTenantId"),
                }
            ),
        )
    if not bought:
        yield Subscription(
            external_id=f"{customer.id}_{guid}",
            account_external_id=customer.id,
            sku=part,
            sku_name=name,
            quantity=units.need_exact("enabled"),
            status=_STATUS.get(held.text("capabilityStatus", "Enabled"), "suspended"),
            attributes=_filled({**about, "status": held.text("capabilityStatus")}),
        )


def _states(row: Row) -> dict[str, dict[str, str]]:
    """How each licence came to the user: by hand, by groups, with what error."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in row.rows("licenseAssignmentStates", "licence assignment"):
        kept = found.setdefault(each.text("skuId").casefold(), {"groups": [], "states": [], "errors": []})
        kept["groups"].append(each.text("assignedByGroup"))
        kept["states"].append(each.text("state"))
        kept["errors"].append(each.text("error"))
    return {
        guid: _filled(
            {
                "assigned_directly": "true" if "" in kept["groups"] else "false",
                "assigned_by_groups": " ".join(sorted({group for group in kept["groups"] if group})),
                "assignment_state": " ".join(sorted({state for state in kept["states"] if state})),
                "assignment_error": " ".join(sorted({error for error in kept["errors"] if error not in ("", "None")})),
            }
        )
        for guid, kept in found.items()
    }


def _last_seen(row: Row) -> datetime | None:
    return max((moment for each in _TIMES if (moment := row.moment(each)) is not None), default=None)


def _snake(word: str) -> str:
    return "locked_out" if word == "lockedOut" else word


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}
