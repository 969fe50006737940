"""The estate's exports are what the file connector reads: without a problem, and to the planted differences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.files import (
    Problem,
    Profile,
    convert,
    guess,
    read_clients,
    read_lines,
    read_mapping,
    read_seats,
)
from connectors.records import Account, Line, Seat
from connectors.sandbox.estate import (
    Estate,
    WrittenFile,
    all_seats,
    build,
    write_files,
    write_rcx_files,
    write_tenant_users,
)
from tests.connectors.sandbox.estate.reference import Key, Outcome, compare, reconcile

SHAPES = {
    "ConnectWise agreement additions.csv": "connectwise_additions",
    "Microsoft 365 users.csv": "m365_users",
    "NinjaOne devices.csv": "ninjaone_devices",
    "Datto RMM devices.csv": "datto_rmm_devices",
    "Pax8 subscriptions.csv": "pax8_subscriptions",
    "Partner Center subscriptions.csv": "partner_center_subscriptions",
    "Huntress agents.csv": "generic_usage",
    "Acronis workloads.xlsx": "generic_usage",
    "Proofpoint users.csv": "generic_usage",
}


def read(path: Path, profile: Profile) -> list[object]:
    items = list(convert(path, profile))
    assert [item for item in items if isinstance(item, Problem)] == []
    return items


def bills(line: Line, day: date) -> bool:
    started = line.effective_date is not None and line.effective_date <= day
    return started and (line.cancelled_date is None or day < line.cancelled_date)


def as_seen(estate: Estate, files: list[WrittenFile]) -> tuple[Outcome, list[Seat]]:
    """Reconcile what the connector makes of the files; accounts are found again by their name at the vendor."""
    ids = {(account.integration, account.name): account.id for account in estate.accounts}
    seats: list[Seat] = []
    billed: dict[Key, Decimal] = defaultdict(Decimal)
    for file in files:
        proposal = guess(file.path)
        assert (proposal.profile.shape, proposal.problems) == (SHAPES[file.path.name], ())
        items = read(file.path, proposal.profile)
        names = {item.external_id: item.name for item in items if isinstance(item, Account)}
        for item in items:
            if isinstance(item, Seat):
                account = ids[file.source, names[item.account_external_id]]
                seats.append(replace(item, integration=file.source, account_external_id=account))
            elif isinstance(item, Line) and bills(item, estate.as_of):
                billed[item.client_external_id, item.product_code] += item.quantity
    return compare(estate, seats, billed), seats


@pytest.mark.parametrize(
    ("seed", "as_of"), [(7, date(2026, 11, 20)), (1, date(2026, 1, 3)), (2, date(2027, 12, 12)), (5, date(2028, 2, 29))]
)
def test_the_exports_hold_the_planted_differences(seed: int, as_of: date, tmp_path: Path) -> None:
    estate = build(seed, as_of=as_of)
    (seen, seats), truth = as_seen(estate, write_files(estate, tmp_path)), reconcile(estate)
    assert seen.compared == truth.compared
    assert seen.deltas == truth.deltas
    assert seen.unmapped == truth.unmapped
    assert seen.without_source == truth.without_source
    assert sorted(map(sorted, seen.unaccounted.values())) == sorted(map(sorted, truth.unaccounted.values()))
    # Proofpoint's export has no ids; everywhere else a planted seat is found under its own.
    ids = {(seat.integration, seat.external_id) for seat in seats if seat.integration != "Proofpoint"}
    assert ids == {(x.integration, x.external_id) for x in all_seats(estate) if x.integration != "Proofpoint"}


def test_one_tenants_users_are_read_by_their_domain(tmp_path: Path) -> None:
    estate = build(7, as_of=date(2026, 11, 20))
    tenant = estate.users[0].account_id
    path = write_tenant_users(estate, tenant, tmp_path).path
    proposal = guess(path)
    assert proposal.profile.shape == "m365_users"
    profile = replace(
        proposal.profile, options=replace(proposal.profile.options, account_from="constant", account_name="Ours")
    )
    seats = [item for item in read(path, profile) if isinstance(item, Seat)]
    assert len(seats) == sum(1 for seat in all_seats(estate) if seat.account_external_id == tenant)


def test_own_formats_are_read(tmp_path: Path) -> None:
    estate = build(7, as_of=date(2026, 11, 20))
    write_rcx_files(estate, tmp_path)
    assert {line.external_id for line in read_lines(tmp_path / "lines.csv").lines} == {line.id for line in estate.lines}
    theirs = [(seat.integration, seat.external_id, seat.quantity) for seat in read_seats(tmp_path / "seats.csv").seats]
    assert theirs == [(seat.integration, seat.external_id, seat.quantity) for seat in all_seats(estate)]
    mapping = {(row.integration, row.account_id): row.client_id for row in read_mapping(tmp_path / "mapping.csv")}
    assert mapping == {key: client for key, client in estate.truth.items() if client}
    assert [client.name for client in read_clients(tmp_path / "clients.csv")] == [c.name for c in estate.clients]
