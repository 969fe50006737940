"""Cove's answers as canonical seats: a device's columns come as a list of objects of one key each. No HTTP here."""

from __future__ import annotations

from connectors.http.rows import Row
from connectors.records import Seat

COLUMNS = {
    "AN": "",
    "AL": "alias",
    "MN": "computer",
    "AT": "account_type",
    "PF": "partner_reference",
    "PN": "",
    "PD": "product_id",
    "OP": "profile",
    "OS": "os",
    "OT": "os_type",
    "AP": "data_sources",
    "CD": "",
    "TS": "",
    "TL": "last_success",
    "T3": "selected_bytes",
    "US": "used_bytes",
    "LN": "location",
    "I81": "physicality",
}
"""The columns that are asked for, and the attributes they become ("" where they have a place of their own)."""
_CLASSES = {"1": "workstation", "2": "server"}


def device(row: Row, customer: str) -> Seat:
    """One backed up device or Microsoft 365 tenant. Cove knows no serial number; the computer's name joins it."""
    told = _settings(row)
    name = told.text("AN")
    kept = {key: told.text(column) for column, key in COLUMNS.items() if key}
    if told.has("TL"):
        moment = told.moment("TL")
        kept["last_success"] = moment.isoformat() if moment else ""
    return Seat(
        external_id=row.need("AccountId"),
        account_external_id=customer,
        kind="workload",
        sku=told.text("PD") or told.text("PN"),
        sku_name=told.text("PN"),
        identity=told.text("MN") or name,
        display_name=told.text("AL") or told.text("MN") or name,
        device_class=_CLASSES.get(told.text("OT"), ""),
        created_at=told.moment("CD"),
        last_seen_at=told.moment("TS"),
        attributes={"name": name, **{key: text for key, text in kept.items() if text}},
    )


def _settings(row: Row) -> Row:
    """`[{"AN": "dev"}, {"OT": "2"}]` as one object."""
    merged: dict[str, object] = {}
    for each in row.need_rows("Settings", "column"):
        merged.update(each.data)
    return Row(merged, "device", row.vendor, row.wire)
