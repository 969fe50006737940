"""GravityZone's endpoints and usage counters as canonical seats. No HTTP here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.http.rows import Row
from connectors.records import Seat

_LINUX = re.compile(r"linux|ubuntu|debian|centos|red hat|rhel|suse|rocky|fedora|amazon", re.IGNORECASE)
_MACHINES = {"1": "computer", "2": "virtual machine", "3": "cloud instance"}
_MAIN = "endpointMonthlyUsage"


def endpoint(company: str, row: Row, details: Row | None) -> Seat:
    """A managed endpoint. The API knows no serial number, so the host name is what joins it with other vendors."""
    system = row.text("operatingSystemVersion") or (details.text("operatingSystem") if details else "")
    more = {} if details is None else details.attributes({"id", "name", "companyId", "lastSeen", "label", "ip"})
    macs = ",".join(row.texts("macs"))
    return Seat(
        external_id=row.need("id"),
        account_external_id=company,
        kind="agent",
        identity=row.text("name"),
        display_name=row.text("label") or row.text("name"),
        device_class=_class(system),
        last_seen_at=None if details is None else details.moment("lastSeen"),
        attributes={
            **more,
            **row.attributes({"id", "name"}),
            "machine": _MACHINES.get(row.text("machineType"), "other"),
            **({"macs": macs} if macs else {}),
        },
    )


def counters(company: str, month: str, row: Row) -> Iterator[Seat]:
    """The month's counters that are not zero. They overlap (an endpoint is also counted in its package)."""
    row.need_exact(_MAIN)
    for key in row.data:
        if not key.endswith("Usage"):
            continue
        value = row.need_exact(key)
        if value:
            yield Seat(
                external_id=f"{company}/{key}",
                account_external_id=company,
                kind="licence",
                sku=key,
                sku_name=_title(key),
                display_name=_title(key),
                quantity=value,
                attributes={"month": month},
            )


def _class(system: str) -> str:
    """By the name of the operating system, since the API does not tell; Linux counts as a server."""
    if not system:
        return ""
    return "server" if "server" in system.casefold() or _LINUX.search(system) else "workstation"


def _title(counter: str) -> str:
    """ "mspSecurePlusMonthlyUsage" -> "Msp secure plus"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", counter.removesuffix("Usage").removesuffix("Monthly"))
    return words.capitalize()
