"""The estate: the same every time, of the size asked for, and wrong exactly where it says that it is wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

import pytest

from connectors.sandbox.estate import Estate, all_seats, build
from tests.connectors.sandbox.estate.reference import reconcile

AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="module", params=[(7, 60, 3000), (1, 60, 3000), (42, 24, 700), (3, 150, 9000)])
def estate(request: pytest.FixtureRequest) -> Estate:
    seed, clients, seats = request.param
    return build(seed, clients, seats, as_of=AS_OF)


def planted(estate: Estate, *kinds: str) -> list:
    return [item for item in estate.planted if item.kind in kinds]


def test_planted_drift_explains_exactly_what_differs(estate: Estate) -> None:
    outcome = reconcile(estate)
    expected = {(p.client_id, p.product_code): p.delta for p in estate.planted if p.delta is not None and p.client_id}
    assert outcome.deltas == expected
    assert outcome.without_source == {(p.client_id, p.product_code) for p in planted(estate, "no_usage_source")}
    assert outcome.unmapped == {p.account_id: p.delta for p in planted(estate, "unmapped_account")}
    assert outcome.unaccounted == {
        (p.integration, p.client_id, p.sku): set(p.seat_ids) for p in planted(estate, "unaccounted")
    }


def test_three_quarters_of_the_groups_agree(estate: Estate) -> None:
    outcome = reconcile(estate)
    assert len(outcome.deltas) <= 0.25 * len(outcome.compared)


def test_every_kind_of_drift_is_planted_and_one_per_group(estate: Estate) -> None:
    assert {item.kind for item in estate.planted} == {
        "under_billed", "over_billed", "unmapped_usage", "unaccounted", "unmapped_account", "ended_line_in_use",
        "price_zero", "price_below_cost", "price_differs", "duplicate_line", "shared_mailbox_licensed",
        "disabled_user_licensed", "stale_device", "duplicate_device", "currency_mismatch", "no_usage_source",
    }  # fmt: skip
    groups = Counter((item.client_id, item.product_code) for item in estate.planted if item.product_code)
    assert max(groups.values()) == 1


def test_planted_seats_and_lines_exist(estate: Estate) -> None:
    seats = {(seat.integration, seat.external_id) for seat in all_seats(estate)}
    lines = {line.id: line for line in estate.lines}
    for item in estate.planted:
        assert all((item.integration, seat) in seats for seat in item.seat_ids), item
        assert all(
            (lines[line].client_id, lines[line].product_code) == (item.client_id, item.product_code)
            for line in item.line_ids
        ), item


def test_the_demo_has_a_believable_number_of_findings_and_amount() -> None:
    estate = build(7, as_of=AS_OF)
    outcome = reconcile(estate)
    assert 100 <= len(outcome.deltas) + len(outcome.unmapped) + len(outcome.unaccounted) <= 150
    assert 350 <= len(estate.lines) <= 500
    monthly = [line for line in estate.lines if line.is_active(AS_OF) and line.billing_cycle == "monthly"]
    revenue = sum(line.quantity * line.unit_price for line in monthly)
    price = {line.product_code: line.unit_price for line in monthly}
    missed = sum(delta * price.get(code, 0) for (_, code), delta in outcome.deltas.items() if delta > 0)
    assert 0.02 * float(revenue) < missed < 0.15 * float(revenue)


def test_price_flags_are_where_they_were_planted_and_nowhere_else(estate: Estate) -> None:
    active = [line for line in estate.lines if line.is_active(AS_OF)]
    zero = {line.id for line in active if line.unit_price == 0}
    below = {line.id for line in active if 0 < line.unit_price < line.unit_cost}
    agreements = {agreement.id: agreement for agreement in estate.agreements}
    foreign = {line.id for line in active if line.currency != agreements[line.agreement_id].currency}
    by_price: dict[tuple[str, str], dict[str, list]] = {}
    for line in active:
        by_price.setdefault((line.product_code, line.currency), {}).setdefault(line.client_id, []).append(line)
    odd = set()
    for clients in by_price.values():
        lines = [line for group in clients.values() for line in group]
        middle = median(line.unit_price for line in lines)
        if len(clients) >= 5:
            odd |= {line.id for line in lines if abs(line.unit_price - middle) > middle * 2 / 10}
    named = {kind: {line for item in planted(estate, kind) for line in item.line_ids} for kind in
             ("price_zero", "price_below_cost", "price_differs", "currency_mismatch")}  # fmt: skip
    assert (zero, below, foreign) == (named["price_zero"], named["price_below_cost"], named["currency_mismatch"])
    assert named["price_differs"] <= odd <= set().union(*named.values())


def test_ended_and_duplicate_lines(estate: Estate) -> None:
    lines = {line.id: line for line in estate.lines}
    for item in planted(estate, "ended_line_in_use"):
        (line,) = (lines[line] for line in item.line_ids)
        assert line.cancelled_on is not None
        assert line.effective_on < line.cancelled_on <= AS_OF
    seen = Counter((x.agreement_id, x.product_code, x.effective_on, x.cancelled_on) for x in estate.lines)
    doubled = {key[:2] for key, count in seen.items() if count > 1}
    assert doubled == {
        (lines[item.line_ids[0]].agreement_id, item.product_code) for item in planted(estate, "duplicate_line")
    }


def test_quiet_and_doubled_machines_are_the_planted_ones(estate: Estate) -> None:
    edge = datetime.combine(AS_OF - timedelta(days=30), time(), UTC)
    quiet = {device.id for device in estate.devices if device.last_seen_at < edge}
    assert quiet == {seat for item in planted(estate, "stale_device") for seat in item.seat_ids}
    serials = Counter(device.serial for device in estate.devices)
    doubled = {device.id for device in estate.devices if serials[device.serial] > 1}
    assert doubled == {seat for item in planted(estate, "duplicate_device") for seat in item.seat_ids}


def test_licensed_people_who_cannot_sign_in_are_the_planted_ones(estate: Estate) -> None:
    idle = {user.id for user in estate.users if user.licences and not user.is_enabled}
    found = planted(estate, "disabled_user_licensed", "shared_mailbox_licensed")
    assert idle == {seat.partition("/")[0] for item in found for seat in item.seat_ids}


@pytest.mark.parametrize(("clients", "seats"), [(60, 3000), (20, 600), (200, 20_000)])
def test_size(clients: int, seats: int) -> None:
    estate = build(7, clients, seats, as_of=AS_OF)
    assert len(estate.clients) == clients
    assert abs(sum(1 for _ in all_seats(estate)) - seats) <= 0.15 * seats


@pytest.mark.parametrize(("clients", "seats"), [(4, 3000), (60, 59), (0, 0)])
def test_too_small_is_refused(clients: int, seats: int) -> None:
    with pytest.raises(ValueError, match="at least 5 clients"):
        build(7, clients, seats, as_of=AS_OF)


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31), date(2027, 3, 30)])
def test_another_day_is_the_same_world_moved(as_of: date) -> None:
    one, two = build(7, as_of=AS_OF), build(7, as_of=as_of)
    assert [(c.id, c.name) for c in one.clients] == [(c.id, c.name) for c in two.clients]
    assert one.truth == two.truth
    assert one.planted == two.planted
    assert reconcile(two).deltas == reconcile(one).deltas
    end = datetime.combine(as_of, time(), UTC)
    for seat in all_seats(two):
        assert seat.created_at is not None
        assert seat.created_at <= (seat.last_seen_at or end) <= end, seat


def test_ids_and_account_names_are_unique(estate: Estate) -> None:
    names = Counter((account.integration, account.name.casefold()) for account in estate.accounts)
    assert max(names.values()) == 1
    assert len({client.name.casefold() for client in estate.clients}) == len(estate.clients)
    assert len({client.domain for client in estate.clients}) == len(estate.clients)
    assert len({line.id for line in estate.lines}) == len(estate.lines)
    assert set(estate.truth) == {(account.integration, account.id) for account in estate.accounts}
    assert max(Counter((seat.integration, seat.external_id) for seat in all_seats(estate)).values()) == 1
    addresses = Counter((user.account_id, user.upn) for user in estate.users)
    assert max(addresses.values()) == 1


def test_vendors_know_clients_by_other_names() -> None:
    estate = build(7, 200, 6000, as_of=AS_OF)
    clients = {client.id: client for client in estate.clients}
    owned = [(a.name, clients[c].name) for a in estate.accounts if (c := estate.truth[a.integration, a.id])]
    assert 0.5 < sum(name != theirs for name, theirs in owned) / len(owned) < 0.8
    strangers = [account for account in estate.accounts if estate.truth[account.integration, account.id] is None]
    assert {account.integration for account in strangers} == {account.integration for account in estate.accounts}
    assert any(client.id not in estate.truth.values() for client in estate.clients)
