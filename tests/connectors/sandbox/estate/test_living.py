"""The estate from one day to the next: the same for everybody, believable, and true to its own count."""

from __future__ import annotations

import hashlib
from collections import Counter
from copy import deepcopy
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.estate import (
    Estate,
    Index,
    Town,
    advance,
    all_seats,
    build,
    expected,
    write_files,
    write_rcx_files,
)
from connectors.sandbox.estate.__main__ import main
from connectors.sandbox.estate.expected import usage_of
from connectors.sandbox.estate.world import KIND_OF, Entity
from tests.connectors.sandbox.estate.reference import billed_by, reconcile

AS_OF = date(2026, 11, 20)
LISTS = (
    "clients", "accounts", "users", "devices", "agents", "workloads", "mailboxes", "subscriptions", "agreements",
    "lines",
)  # fmt: skip
PRESENCE = {"last_seen_at", "last_backup_at", "last_sign_in_at"}
BUILT = {
    (7, 60, 3000): "968d619b7896b9d0e76b89d276afbb429c46e973c410362fa89e54ae4e99358c",
    (11, 24, 700): "ed57f51a0c59a7e253b2b0bf295a960d9493557cae456d6f8a3480bc037bc4a1",
}
"""SHA-256 over the names and bytes of all CSV files, as they were before the estate began to live."""


def entities(estate: Estate) -> dict[tuple[str, str], Entity]:
    return {(KIND_OF[type(item)], item.id): item for name in LISTS for item in getattr(estate, name)}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@pytest.fixture(scope="module")
def lived() -> tuple[Estate, Estate]:
    """An estate on its first day, and 200 days later."""
    estate = build(7, as_of=AS_OF)
    first = deepcopy(estate)
    advance(Town(estate), 200)
    return first, estate


@pytest.mark.parametrize("arguments", BUILT)
def test_a_new_estate_writes_what_it_always_wrote(arguments: tuple[int, int, int], tmp_path: Path) -> None:
    estate = build(*arguments, as_of=AS_OF)
    write_files(estate, tmp_path)
    write_rcx_files(estate, tmp_path / "rcx")
    digest = hashlib.sha256()
    for path in sorted(tmp_path.rglob("*.csv")):
        digest.update(path.relative_to(tmp_path).as_posix().encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == BUILT[arguments]


@pytest.mark.parametrize("arguments", [(7, 60, 3000), (1, 60, 3000), (42, 24, 700), (3, 150, 9000)])
def test_on_the_first_day_what_must_be_found_is_what_was_planted(arguments: tuple[int, int, int]) -> None:
    estate = build(*arguments, as_of=AS_OF)
    planted = {(p.client_id, p.product_code): p.delta for p in estate.planted if p.delta is not None and p.client_id}
    assert expected(estate) == planted


def test_facts_of_a_new_estate() -> None:
    estate = build(7, as_of=AS_OF)
    end = midnight(AS_OF)
    for entity in entities(estate).values():
        assert entity.changed_at <= end
        if hasattr(entity, "created_at"):
            assert entity.changed_at >= entity.created_at
    addresses = {device.serial: device.mac for device in estate.devices}
    assert len(set(addresses.values())) == len(addresses)
    assert all(device.mac == addresses[device.serial] for device in estate.devices)
    assert all(int(address[:2], 16) & 3 == 2 for address in addresses.values())
    ages = [(end - user.last_sign_in_at).days for user in estate.users if user.last_sign_in_at is not None]
    assert all(user.last_sign_in_at is None for user in estate.users if user.kind == "shared")
    assert min(ages) >= 0
    assert 0.03 < sum(age > 30 for age in ages) / len(ages) < 0.3
    assert any(user.last_sign_in_at is None for user in estate.users if user.kind == "member")
    assert (estate.gone, estate.moment) == ([], end)


@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.integers(0, 12), min_size=1, max_size=5),
    as_of=st.dates(date(2023, 1, 1), date(2029, 12, 31)),
)
@settings(max_examples=25, deadline=None)
def test_any_days_leave_a_whole_world(seed: int, steps: list[int], as_of: date) -> None:
    estate, again = build(seed, 8, 260, as_of=as_of), build(seed, 8, 260, as_of=as_of)
    town = Town(estate)
    for days in steps:
        advance(town, days)
    for _ in range(sum(steps)):
        advance(Town(again))
    assert estate == again
    assert estate.as_of == as_of + timedelta(days=sum(steps))
    assert town.index == Index(estate)
    _is_whole(estate, build(seed, 8, 260, as_of=as_of))
    outcome = reconcile(estate)
    assert expected(estate) == outcome.deltas
    billed = billed_by(estate)
    for (client, code), delta in outcome.deltas.items():
        assert usage_of(town.index, client, code) - billed.get((client, code), 0) == delta


def _doubled(estate: Estate) -> set[tuple[str, str]]:
    """Addresses that two users of a tenant have: building at times plants the same shared mailbox twice."""
    addresses = Counter((user.account_id, user.upn) for user in estate.users)
    return {address for address, count in addresses.items() if count > 1}


def _is_whole(estate: Estate, first: Estate) -> None:
    living = [(KIND_OF[type(item)], item.id) for name in LISTS for item in getattr(estate, name)]
    gone = [(tomb.kind, tomb.entity.id) for tomb in estate.gone]
    assert max(Counter(living + gone).values()) == 1
    accounts = {(account.integration, account.id) for account in estate.accounts}
    assert accounts == set(estate.truth)
    names = Counter((account.integration, account.name.casefold()) for account in estate.accounts)
    assert max(names.values()) == 1
    end = midnight(estate.as_of)
    for seat in all_seats(estate):
        assert (seat.integration, seat.account_external_id) in accounts
        assert seat.created_at is not None
        assert seat.created_at <= (seat.last_seen_at or end) <= end, seat
    assert _doubled(estate) <= _doubled(first)
    agreements = {agreement.id: agreement for agreement in estate.agreements}
    for line in estate.lines:
        assert line.client_id == agreements[line.agreement_id].client_id
        assert line.quantity > 0
        if agreements[line.agreement_id].cancelled_on is not None:
            assert not line.is_active(estate.as_of)
    assert all(item.quantity > 0 for item in estate.subscriptions)
    active = [item for item in estate.subscriptions if item.status == "active"]
    assert all(item.commitment_ends_on >= estate.as_of - timedelta(days=1) for item in active)


@pytest.mark.parametrize("days", [1, 20])
def test_what_changed_since_a_day_is_what_is_stamped_since(days: int) -> None:
    town = Town(build(3, 60, 3000, as_of=AS_OF))
    advance(town, 5)
    before, since = deepcopy(entities(town.estate)), midnight(town.estate.as_of)
    known = {tomb.entity.id for tomb in town.estate.gone}
    advance(town, days)
    after = entities(town.estate)
    different = {key for key, item in after.items() if key not in before or _facts(item) != _facts(before[key])}
    assert different
    stamped = {key for key, item in after.items() if item.changed_at >= since}
    assert different <= stamped
    # What is stamped and no different was changed and changed back; only quantities ever are.
    assert all(town.estate.history[key][-1].until >= since for key in stamped - different)
    lost = {(tomb.kind, tomb.entity.id) for tomb in town.estate.gone if tomb.at >= since}
    assert before.keys() - after.keys() <= lost
    assert lost.isdisjoint(after)
    assert known.isdisjoint(identity for _, identity in lost)


def _facts(entity: Entity) -> list[object]:
    return [getattr(entity, item.name) for item in fields(entity) if item.name not in {*PRESENCE, "changed_at"}]


def test_a_client_of_thirty_sees_about_one_change_a_week() -> None:
    estate = build(7, 200, 20_000, as_of=AS_OF)
    advance(Town(estate), 28)
    # Everything that one happening touches carries its moment; renewals happen in the first minute of a day.
    moments = {item.changed_at for item in entities(estate).values() if item.changed_at >= midnight(AS_OF)}
    moments |= {tomb.at for tomb in estate.gone}
    happened = [moment for moment in moments if moment.hour >= 2]
    thirties = sum(client.staff for client in estate.clients) / 30
    assert 0.7 < len(happened) / thirties / 4 < 1.1


def test_all_that_can_happen_happens(lived: tuple[Estate, Estate]) -> None:
    first, last = lived
    _is_whole(last, first)
    was, now = entities(first), entities(last)
    new = {kind for kind, _ in now.keys() - was.keys()}
    assert new == {"user", "device", "agent", "mailbox", "agreement", "line"}
    assert {tomb.kind for tomb in last.gone} == {"user", "device", "agent", "workload", "mailbox"}
    changed = Counter(
        (key[0], item.name)
        for key in was.keys() & now.keys()
        for item in fields(was[key])
        if getattr(was[key], item.name) != getattr(now[key], item.name)
    )
    assert set(changed) >= {
        ("account", "name"), ("user", "upn"), ("user", "licences"), ("user", "is_enabled"), ("user", "kind"),
        ("user", "last_sign_in_at"), ("device", "hostname"), ("device", "last_seen_at"), ("agent", "hostname"),
        ("agent", "last_seen_at"), ("workload", "last_backup_at"), ("subscription", "quantity"),
        ("subscription", "unit_cost"), ("subscription", "commitment_ends_on"), ("line", "quantity"),
        ("line", "unit_price"), ("line", "cancelled_on"), ("agreement", "cancelled_on"),
    }  # fmt: skip
    serials = Counter((device.account_id, device.serial) for device in last.devices)
    assert len([1 for count in serials.values() if count > 1]) > 1
    idle = [user for user in last.users if user.licences and not user.is_enabled]
    assert len(idle) > len([user for user in first.users if user.licences and not user.is_enabled])
    quiet = midnight(last.as_of) - timedelta(days=30)
    assert sum(device.last_seen_at < quiet for device in last.devices) < 0.2 * len(last.devices)


def test_drift_grows_and_most_groups_still_agree(lived: tuple[Estate, Estate]) -> None:
    first, last = lived
    deltas = expected(last).values()
    assert len(expected(first)) < len(deltas) < 0.45 * len(reconcile(last).compared)
    assert min(deltas) < 0 < max(deltas)


def test_the_lines_of_a_cancelled_agreement_bill_nothing() -> None:
    town = Town(build(7, 24, 700, as_of=AS_OF))
    before = expected(town.estate)
    agreement = next(item for item in town.estate.agreements if item.billing_cycle == "monthly")
    town.change(agreement, cancelled_on=AS_OF)
    after = expected(town.estate)
    for line in town.index.additions.of(agreement.id):
        key = (line.client_id, line.product_code)
        used = usage_of(town.index, *key) if not line.product_code.startswith("NB-") else 0
        assert after.get(key, 0) == used
    assert sum(after.values()) > sum(before.values())


def test_another_seed_or_date_lives_another_day() -> None:
    one, two = build(7, as_of=AS_OF), build(7, as_of=AS_OF + timedelta(days=1))
    advance(Town(one), 7)
    advance(Town(two), 7)
    assert {tomb.entity.id for tomb in one.gone} != {tomb.entity.id for tomb in two.gone}


def test_a_new_colleague_gets_the_next_free_address() -> None:
    town = Town(build(7, as_of=AS_OF))
    advance(town, 365)
    for account in town.index.accounts.of("Microsoft 365"):
        addresses = [user.upn for user in town.index.users.of(account.id)]
        assert len(set(addresses)) == len(addresses)


def test_days_cannot_be_taken_back() -> None:
    with pytest.raises(ValueError, match="taken back"):
        advance(Town(build(7, 12, 300, as_of=AS_OF)), -1)


def test_the_command_writes_a_later_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = ["--clients", "12", "--seats", "300", "--as-of", "2026-11-20"]
    assert main([*size, "--days", "40", "--out", str(tmp_path / "cli")]) == 0
    estate = build(7, 12, 300, as_of=AS_OF)
    advance(Town(estate), 40)
    write_files(estate, tmp_path / "own")
    for path in (tmp_path / "own").iterdir():
        assert (tmp_path / "cli" / path.name).read_bytes() == path.read_bytes()
    with pytest.raises(SystemExit):
        main([*size, "--days", "-1", "--out", str(tmp_path / "cli")])
    assert "taken back" in capsys.readouterr().err
