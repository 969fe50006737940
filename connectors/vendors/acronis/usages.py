"""A usage of Acronis as a seat: what counts, in which unit, and what it is called. No HTTP here."""

from __future__ import annotations

from decimal import Decimal

from connectors.http.rows import Row
from connectors.records import Seat

_GIB = Decimal(2**30)
_MICRO = Decimal("0.000001")
_FEATURE = {"n/a", "feature"}
_BYTES = "bytes"
_CLASSES = {
    "servers": "server",
    "web_hosting_servers": "server",
    "workstations": "workstation",
    "vms": "virtual machine",
    "mobiles": "mobile",
    "nas": "server",
}
_TITLES = {
    "servers": "Servers",
    "web_hosting_servers": "Web hosting servers",
    "workstations": "Workstations",
    "vms": "Virtual machines",
    "mobiles": "Mobile devices",
    "storage": "Cloud storage",
    "local_storage": "Local storage",
    "m365_seats": "Microsoft 365 seats",
    "o365_mailboxes": "Microsoft 365 mailboxes",
    "gsuite_seats": "Google Workspace seats",
    "gworkspace_seats": "Google Workspace seats",
}
_EDITIONS = {
    "pck_per_gigabyte": "per gigabyte",
    "pck_per_workload": "per workload",
    "fss_per_gigabyte": "per gigabyte",
    "fss_per_user": "per user",
}


def used(tenant: str, row: Row, *, is_enabled: bool) -> Seat | None:
    """The seat of a usage; None where it is zero or a feature that is on or off.

    `value` is what counts for the period that began at `range_start`; `absolute_value` runs on for ever. Bytes become
    gibibytes, as the portal shows them (its GB are 2**30 bytes), rounded to six places.
    """
    name, unit = row.need("name"), row.need("measurement_unit").casefold()
    if unit in _FEATURE or row.text("type") in _FEATURE:
        return None
    value = row.need_exact("value")
    if not value:
        return None
    is_storage = unit == _BYTES
    infra = row.need("infra_id") if row.text("type") == "infra" else row.text("infra_id")
    place = [tenant, row.need("application_id"), name, infra]
    kept = {"name", "value", "offering_item"}
    item = row.row("offering_item")
    more = {"quota": item.row("quota").text("value"), "overage": item.row("quota").text("overage")}
    return Seat(
        external_id="/".join(part for part in place if part),
        account_external_id=tenant,
        kind="other" if is_storage else "workload",
        sku=name,
        sku_name=sku_name(row),
        display_name=sku_name(row),
        status="active" if is_enabled else "suspended",
        device_class=_CLASSES.get(row.text("usage_name"), ""),
        quantity=(value / _GIB).quantize(_MICRO) if is_storage else value,
        attributes={
            **row.attributes(kept),
            **{key: text for key, text in more.items() if text},
            "measured": f"{value} {unit}",
            "unit": "GB" if is_storage else unit,
        },
    )


def sku_name(row: Row) -> str:
    """The portal's words for a usage or an offering item, with its edition: "Servers, per workload"."""
    base = row.text("usage_name") or row.need("name")
    edition = row.text("edition")
    title = _TITLES.get(base) or base.replace("_", " ").capitalize()
    return f"{title}, {_EDITIONS.get(edition, edition.replace('_', ' '))}" if edition else title
