"""The console's lists of what is protected, and its counters, as canonical seats. No HTTP here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Seat

_GIB = Decimal(2**30)
_MICRO = Decimal("0.000001")
_BYTES = ("Size", "DataTransferIn", "DataTransferOut", "UsedSpace", "StorageUsage", "CloudTotalUsage")
_REPOSITORY = "CloudRepositoryUsageBy"
_MODES = {"server": "server", "workstation": "workstation"}
_VB365_KINDS = {"user": "user", "site": "site"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of protected things: its path, what a row of it is called, and how it becomes a seat."""

    path: str
    noun: str
    sku: str
    seat: Callable[[Row, Listed], Seat]
    is_newer: bool = False


def _machine(row: Row, listed: Listed) -> Seat:
    """A machine. The lists hold no serial number, so the host name is what joins it with other vendors."""
    key = "backupAgentUid" if row.has("backupAgentUid") else "instanceUid"
    mode = row.text("operationMode").casefold()
    kept = {key, "organizationUid", "name", "latestRestorePointDate"}
    return Seat(
        external_id=row.need(key),
        account_external_id=row.need("organizationUid"),
        kind="workload",
        sku=listed.sku,
        sku_name=listed.noun.capitalize(),
        identity=row.text("name"),
        display_name=row.text("name"),
        device_class=_MODES.get(mode, "") if listed.sku != "VM" else "virtual machine",
        last_seen_at=row.moment("latestRestorePointDate"),
        attributes=row.attributes(kept),
    )


def _object(row: Row, listed: Listed) -> Seat:
    """A user, group, team or site of Microsoft 365; the same one in two repositories is two rows."""
    kind = row.need("protectedDataType")
    account = row.text("organizationUid")
    return Seat(
        external_id="/".join((account, row.need("id"), row.text("repositoryUid"))),
        account_external_id=account,
        kind=_VB365_KINDS.get(kind.casefold(), "other"),
        sku=f"{listed.sku}_{kind}",
        sku_name=f"Protected Microsoft 365 {kind.casefold()}",
        identity=row.need("id"),
        display_name=row.text("name"),
        last_seen_at=row.moment("latestRestorePointDate"),
        attributes=row.attributes({"name", "organizationUid", "latestRestorePointDate", "fileRestorePortalUrl"}),
    )


LISTS = (
    Listed("protectedWorkloads/virtualMachines", "protected virtual machine", "VM", _machine),
    Listed("protectedWorkloads/computersManagedByConsole", "protected computer (console)", "VAC_Agent", _machine),
    Listed("protectedWorkloads/computersManagedByBackupServer", "protected computer (server)", "VBR_Agent", _machine),
    Listed("protectedWorkloads/vb365ProtectedObjects", "protected object", "VB365", _object, is_newer=True),
)


def counted(rows: Iterable[Row]) -> Iterator[Seat]:
    """The newest day's counters of each company, those of its locations added up; zeros are no seats.

    Sizes become GB of 2**30 bytes, rounded to six places.
    """
    newest: dict[tuple[str, str], tuple[date, Row]] = {}
    for row in rows:
        place, day = (row.need("companyUid"), row.need("locationUid")), row.day("date")
        if day is None:
            raise ApiFailure("unexpected_shape", row.vendor, "usage counters without a date")
        if place not in newest or day >= newest[place][0]:
            newest[place] = day, row
    sums: dict[tuple[str, str], Decimal] = {}
    days: dict[str, date] = {}
    for (company, _), (day, row) in newest.items():
        days[company] = max(day, days.get(company, day))
        for counter in row.need_rows("counters", "usage counter"):
            key = company, counter.need("type")
            sums[key] = sums.get(key, Decimal(0)) + counter.need_exact("value")
    for (company, kind), value in sums.items():
        if value:
            yield _counter(company, kind, value, days[company])


def _counter(company: str, kind: str, value: Decimal, day: date) -> Seat:
    is_size = kind.endswith(_BYTES) or kind.startswith(_REPOSITORY)
    return Seat(
        external_id=f"{company}/{kind}",
        account_external_id=company,
        kind="other",
        sku=kind,
        sku_name=kind,
        display_name=kind,
        quantity=(value / _GIB).quantize(_MICRO) if is_size else value,
        attributes={"date": day.isoformat(), "unit": "GB" if is_size else "quantity", "measured": str(value)},
    )
