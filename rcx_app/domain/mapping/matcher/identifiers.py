"""Which attributes of accounts and clients are identifiers that mean the same at another vendor or in the PSA.

Declared by vendor, because the same word means different things at different vendors. Names are compared without case
and marks; of a nested attribute (`companyProfile.tenantId`) the last part counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

TENANT = "Microsoft tenant"
GOOGLE = "Google customer"
TAX = "Tax number"
PSA = "PSA id"

# The account's own id at the vendor is an identifier that others know too.
_BY_ID = {"microsoft365": TENANT, "partner_center": TENANT, "google_workspace": GOOGLE}
_ANYWHERE = {
    **dict.fromkeys(
        ("tenantid", "azuretenantid", "azuretenant", "microsofttenantid", "m365tenantid", "entratenantid"), TENANT
    ),
    **dict.fromkeys(
        ("vat", "vatid", "vatnumber", "vatregistrationnumber", "taxid", "taxidentifier", "taxnumber"), TAX
    ),
}  # fmt: skip
# Fields that these vendors have for the id of the same company in the PSA. People fill them as they like, so they are
# believed only where they prove right (`trusted_psa_ids`).
_PSA_FIELDS: dict[str, tuple[str, ...]] = {
    "pax8": ("externalid",),
    "datto_rmm": ("autotaskcompanyid",),
    "ncentral": ("externalid", "externalid2"),
    "sentinelone": ("externalid",),
    "cove": ("externalcode",),
    "acronis": ("customerid",),
    "veeam_vspc": ("companyid",),
}
_MARKS = re.compile(r"[^a-z0-9]")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_NAMES_AGREE = 70.0
_LEAST_TAX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Known:
    """The clients' PSA ids that name exactly one client, with that client's name."""

    names: Mapping[str, str] = field(default_factory=dict)


def known_psa_ids(clients: Iterable[tuple[str, str]]) -> Known:
    """From (external id, name) of all clients; an id that two PSAs give to different clients is left out."""
    pairs = list(clients)
    times = Counter(external_id for external_id, _ in pairs)
    return Known({external_id: name for external_id, name in pairs if times[external_id] == 1})


def of_client(external_id: str, attributes: Mapping[str, object], known: Known) -> dict[str, str]:
    """Identifiers of a client: its id in the PSA, and what custom fields say."""
    found = _anywhere(attributes)
    if external_id in known.names:
        found[PSA] = external_id
    return found


def of_account(vendor: str, external_id: str, attributes: Mapping[str, object], psa_id: str = "") -> dict[str, str]:
    """Identifiers of an account at `vendor` (a connector's id). `psa_id`: as `trusted_psa_ids` found it."""
    found = _anywhere(attributes)
    scheme = _BY_ID.get(vendor, "")
    value = _clean(scheme, external_id)
    if value:
        found[scheme] = value
    if psa_id:
        found[PSA] = psa_id
    return found


def trusted_psa_ids(
    vendor: str, accounts: Iterable[tuple[int, str, Mapping[str, object]]], known: Known
) -> dict[int, str]:
    """PSA ids that accounts of one connection carry, by account id; `accounts` are (id, name, attributes).

    Such a field is free text. It is believed where most of what stands in it are ids of clients and most of these
    clients' names resemble the accounts': else any running number would pass for an id.
    """
    fields = _PSA_FIELDS.get(vendor, ())
    for name in fields:
        filled = [
            (account_id, title, value) for account_id, title, attributes in accounts if (value := _at(attributes, name))
        ]
        hits = [each for each in filled if each[2] in known.names]
        alike = sum(fuzz.token_set_ratio(title, known.names[value]) >= _NAMES_AGREE for _, title, value in hits)
        if hits and 2 * len(hits) >= len(filled) and 2 * alike > len(hits):
            return {account_id: value for account_id, _, value in hits}
    return {}


def _anywhere(attributes: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, raw in attributes.items():
        scheme = _ANYWHERE.get(_key(name))
        value = _clean(scheme, str(raw)) if scheme else ""
        if scheme and value:
            found.setdefault(scheme, value)
    return found


def _at(attributes: Mapping[str, object], wanted: str) -> str:
    return next((str(value).strip() for name, value in attributes.items() if _key(name) == wanted), "")


def _key(name: str) -> str:
    return _MARKS.sub("", name.rpartition(".")[2].lower())


def _clean(scheme: str | None, value: str) -> str:
    """The value in one spelling, empty where it is none of its scheme."""
    text = value.strip()
    if scheme == TENANT:
        text = text.lower()
        return text if _GUID.fullmatch(text) and text != _NO_GUID else ""
    if scheme == TAX:
        text = _MARKS.sub("", text.lower()).upper()
        enough = sum(letter.isdigit() for letter in text) >= _LEAST_TAX_DIGITS
        return text if enough and len(set(text)) > 2 else ""
    return text if scheme else ""
