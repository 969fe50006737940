"""Rows of Microsoft Graph made of the estate: contracts, relationships, organisations, users, SKUs, subscriptions.

What the estate does not know (what was bought beside what is assigned, groups, ends of relationships) follows from
ids, so it is always the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from starlette.responses import Response

from connectors.data.microsoft_skus import skus
from connectors.sandbox.estate.world import Account, User
from connectors.sandbox.server.vendor import answer, stamp

_FREE = {"FLOW_FREE": 10_000}
_LONGEST = timedelta(days=730)
"""A relationship lasts two years at most."""


def id_of(item: Any) -> str:
    """The id of an entity, or of a row that was made already."""
    return str(item["id"]) if isinstance(item, Mapping) else str(item.id)


def entra_refusal(status: int, error: str, code: int, said: str) -> Response:
    """A refused sign-in in Entra's words."""
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {said} Trace ID: 3a9f Timestamp: 2026-01-01 00:00:00Z",
        "error_codes": [code],
        "timestamp": "2026-01-01 00:00:00Z",
    }
    return answer(body, status)


def chance(*of: str) -> int:
    """A number that is always the same for these texts."""
    return crc32(":".join(of).encode())


def guid(*of: str) -> str:
    return str(uuid5(NAMESPACE_URL, ":".join(of)))


@cache
def sku_id(part: str) -> str:
    """Microsoft's GUID of a part number; one that its table does not have gets an invented one."""
    return _by_part().get(part) or guid("sku", part)


@cache
def _by_part() -> dict[str, str]:
    return {sku.part_number: sku.guid for sku in skus().values()}


def contract(account: Account) -> Mapping[str, object]:
    return {
        "id": guid("contract", account.id),
        "deletedDateTime": None,
        "contractType": "ResellerPartner",
        "customerId": account.id,
        "defaultDomainName": account.domain or account.tenant_domain,
        "displayName": account.name,
    }


def relationships(
    account: Account, today: datetime, ends_at: datetime | None, is_over: bool
) -> list[Mapping[str, object]]:
    """The relationship with a customer, and with every fifth an older one that ran out."""
    number = chance("delegation", account.id)
    end = today.replace(year=2026, month=1, day=1) + timedelta(days=number % 730)
    while end <= today:
        end += _LONGEST
    if is_over:
        end = today - timedelta(days=12)
    end = ends_at or end
    extends = "PT0S" if ends_at is not None or number % 4 == 0 else "P180D"
    found = [_relationship(account, "now", end, "terminated" if is_over else "active", extends)]
    if number % 5 == 0:
        found.append(_relationship(account, "before", end - _LONGEST, "expired", "PT0S"))
    return found


def _relationship(account: Account, which: str, end: datetime, status: str, extends: str) -> Mapping[str, object]:
    began = end - _LONGEST
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
        "id": f"{guid('delegation', which, account.id)}-customer",
        "displayName": f"Northbeam-{account.id[:8]}-{which}",
        "duration": "P730D",
        "customer": {"tenantId": account.id, "displayName": account.name},
        "autoExtendDuration": extends,
        "status": status,
        "createdDateTime": stamp(began),
        "activatedDateTime": stamp(began),
        "lastModifiedDateTime": stamp(began),
        "endDateTime": stamp(end),
    }


def invitation() -> Mapping[str, object]:
    """A relationship that nobody has accepted: it has no customer yet."""
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
        "id": f"{guid('invitation')}-customer",
        "displayName": "Northbeam-invitation",
        "duration": "P730D",
        "customer": None,
        "autoExtendDuration": "PT0S",
        "status": "approvalPending",
        "createdDateTime": "2026-01-05T09:00:00Z",
        "activatedDateTime": None,
        "lastModifiedDateTime": "2026-01-05T09:00:00Z",
        "endDateTime": None,
    }


def organization(account: Account) -> Mapping[str, object]:
    site = account.site
    initial = {"name": account.tenant_domain, "isInitial": True, "isDefault": not account.domain, "type": "Managed"}
    own = {"name": account.domain, "isInitial": False, "isDefault": True, "type": "Managed"}
    return {
        "id": account.id,
        "displayName": account.name,
        "street": site.address if site else None,
        "city": site.city if site else None,
        "state": site.region if site else None,
        "postalCode": site.postcode if site else None,
        "countryLetterCode": None,
        "businessPhones": [site.phone] if site else [],
        "tenantType": "AAD",
        "verifiedDomains": [
            {"capabilities": "Email, OfficeCommunicationsOnline", **each}
            for each in ([initial, own] if account.domain else [initial])
        ],
    }


def user(each: User) -> Mapping[str, object]:
    by_group = chance("group", each.account_id) % 3 == 0
    group = guid("group", each.account_id) if by_group else None
    row: dict[str, object] = {
        "id": each.id,
        "userPrincipalName": each.upn,
        "displayName": each.display_name,
        "mail": _mail(each),
        "accountEnabled": each.is_enabled,
        "userType": "Guest" if each.kind == "guest" else "Member",
        "createdDateTime": stamp(each.created_at),
        "department": each.department or None,
        "jobTitle": each.title or None,
        "usageLocation": "US",
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku_id(part)} for part in each.licences],
        "licenseAssignmentStates": [
            {
                "skuId": sku_id(part),
                "disabledPlans": [],
                "assignedByGroup": group,
                "state": "Active",
                "error": "None",
                "lastUpdatedDateTime": stamp(each.changed_at),
            }
            for part in each.licences
        ],
    }
    if each.last_sign_in_at is not None:
        row["signInActivity"] = {
            "lastSignInDateTime": stamp(each.last_sign_in_at - timedelta(hours=3)),
            "lastSignInRequestId": guid("sign-in", each.id),
            "lastNonInteractiveSignInDateTime": stamp(each.last_sign_in_at),
            "lastNonInteractiveSignInRequestId": guid("token", each.id),
        }
    return row


def _mail(each: User) -> str:
    """A guest's own address is coded in his user principal name."""
    own, _, tenant = each.upn.partition("#EXT#")
    return own[::-1].replace("_", "@", 1)[::-1] if tenant else each.upn


@dataclass(frozen=True, slots=True)
class Held:
    """A SKU of a tenant: `consumed` is what is assigned, `spare` what was bought beside it, `lapsed` what ran out."""

    id: str
    account: Account
    part: str
    sku_id: str
    consumed: int
    spare: int
    lapsed: int


def held(account: Account, users: Sequence[User], lapsed: Mapping[str, int]) -> list[Held]:
    """The SKUs of a tenant in the order of their ids; `lapsed` are units by part number that ran out."""
    counted = Counter(part for each in users for part in each.licences)
    found = []
    for part, consumed in counted.items():
        number = chance(account.id, part)
        spare = _FREE.get(part, 0) or number % 3
        out = lapsed.get(part, 5 if number % 7 == 0 else 0)
        found.append(Held(f"{account.id}_{sku_id(part)}", account, part, sku_id(part), consumed, spare, out))
    return sorted(found, key=id_of)


def subscribed_sku(each: Held) -> Mapping[str, object]:
    return {
        "id": each.id,
        "accountId": each.account.id,
        "accountName": each.account.tenant_domain.partition(".")[0],
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": each.consumed,
        "prepaidUnits": {
            "enabled": each.consumed + each.spare,
            "lockedOut": 0,
            "suspended": each.lapsed,
            "warning": 0,
        },
        "skuId": each.sku_id,
        "skuPartNumber": each.part,
        "servicePlans": [],
        "subscriptionIds": [bought for bought, _quantity, _status in _bought(each)],
    }


def subscriptions(each: Held, today: datetime) -> Iterator[Mapping[str, object]]:
    """What was bought of a SKU: mostly one subscription, of many seats two, and now and then one that ran out."""
    for identity, quantity, status in _bought(each):
        yield {
            "id": identity,
            "commerceSubscriptionId": guid("commerce", identity),
            "createdDateTime": "2024-02-01T00:00:00Z",
            "isTrial": False,
            "nextLifecycleDateTime": stamp(today + timedelta(days=chance(identity) % 300 + 20)),
            "ownerTenantId": None,
            "skuId": each.sku_id,
            "skuPartNumber": each.part,
            "status": status,
            "totalLicenses": quantity,
        }


def _bought(each: Held) -> list[tuple[str, int, str]]:
    whole = each.consumed + each.spare
    parts = [whole - whole // 3, whole // 3] if whole >= 12 and each.part not in _FREE else [whole]
    found = [(guid("bought", each.id, str(spot)), quantity, "Enabled") for spot, quantity in enumerate(parts)]
    return [*found, (guid("lapsed", each.id), each.lapsed, "Suspended")] if each.lapsed else found
