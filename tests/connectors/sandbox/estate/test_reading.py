"""The estate's exports are what the file connector reads: without a problem, and to the planted differences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.files import guess, read_clients, read_lines, read_mapping, read_seats
from connectors.records import Seat
from connectors.sandbox.estate import Town, advance, all_seats, build, write_files, write_rcx_files, write_tenant_users
from tests.connectors.sandbox.estate.reading import as_seen, read
from tests.connectors.sandbox.estate.reference import reconcile


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


def test_the_exports_of_a_later_day_hold_what_is_different_then(tmp_path: Path) -> None:
    estate = build(7, as_of=date(2026, 11, 20))
    advance(Town(estate), 75)
    (seen, _), truth = as_seen(estate, write_files(estate, tmp_path)), reconcile(estate)
    assert (seen.compared, seen.deltas) == (truth.compared, truth.deltas)
    assert (seen.unmapped, seen.without_source) == (truth.unmapped, truth.without_source)


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
