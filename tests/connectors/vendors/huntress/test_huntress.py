"""Huntress: what is read is what the estate holds, for one account and for a reseller's; counts that are not told are
no zeros, products do not run into each other, and amounts are whole cents."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.devices import class_of
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Charge, Seat
from connectors.sandbox.estate.catalogue import HUNTRESS_SKU, PRODUCT_BY_CODE
from connectors.sandbox.estate.world import HUNTRESS, M365, User
from connectors.vendors.huntress.connector import _agent, _identity
from connectors.vendors.huntress.money import major
from connectors.wire import Patience
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "huntress"
SPECIFICATION = "huntress/huntress.swagger2.fixed.json"
_MENDS: dict[str, Any] = {"components": {"schemas": {"Organization": {"required": ["id"]}}}}
"""The specification requires fields of an organization that it does not define, and leaves them out of its examples."""


@pytest.fixture(autouse=True)
def _as_it_was(ground: Ground) -> None:
    ground.server.is_reseller = ground.server.sells_itdr = False
    ground.server.learners.clear()
    ground.server.log_sources.clear()
    ground.server._recent.clear()
    ground.server._kept.clear()
    ground.sandbox.enforces_limits = False


def _seats(ground: Ground, **wire: Any) -> dict[str, Seat]:
    found = ground.read("seats", **wire)
    assert all(isinstance(seat, Seat) for seat in found.values())
    return found  # type: ignore[return-value]


def _licensed(ground: Ground) -> list[User]:
    """The people whom Managed ITDR is billed for: licensed, at a client that has Huntress."""
    estate, index = ground.town.estate, ground.town.index
    clients = {client for (vendor, _), client in estate.truth.items() if vendor == HUNTRESS and client}
    tenants = {each.id for client in clients for each in index.accounts_of(client, M365)}
    return [user for user in estate.users if user.account_id in tenants and user.licences]


def _paths(ground: Ground) -> list[str]:
    return [each.path for each in ground.sandbox.exchanges]


def test_reads_organizations_as_the_estate_has_them(ground: Ground) -> None:
    found = ground.read("accounts")
    assert {key: record.name for key, record in found.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(HUNTRESS)
    }
    assert not any(record.emails for record in found.values() if isinstance(record, Account)), (
        "who gets reports is mostly the MSP himself, and nobody's sign of identity"
    )


def test_reads_agents_as_the_estate_has_them(ground: Ground) -> None:
    seats = _seats(ground)
    held = {each.id: each for each in ground.town.estate.agents}
    assert set(seats) == set(held)
    for key, agent in held.items():
        seat = seats[key]
        assert (seat.account_external_id, seat.kind, seat.quantity) == (agent.account_id, "agent", Decimal(1))
        assert (seat.sku, seat.sku_name) == ("EDR", HUNTRESS_SKU)
        assert (seat.identity, seat.display_name, seat.status) == (agent.serial, agent.hostname, "active")
        assert seat.device_class == class_of("", agent.os)
        assert (seat.created_at, seat.last_seen_at) == (
            agent.created_at.replace(microsecond=0), agent.last_seen_at.replace(microsecond=0),
        )  # fmt: skip
        assert seat.attributes["version"] == agent.version
    assert {seat.device_class for seat in seats.values()} == {"server", "workstation"}


def _example(ground: Ground, name: str) -> Row:
    """A row made of the examples that the specification has for each field."""
    document = json.loads(specification(SPECIFICATION).read_text())
    fields = document["definitions"][name]["properties"]
    row = {key: field["example"] for key, field in fields.items() if "example" in field}
    return Row(row, name.casefold(), "Huntress", ground.wire())


def test_examples_of_the_specification_are_read(ground: Ground) -> None:
    agent = _agent(_example(ground, "Agent"))
    assert (agent.external_id, agent.account_external_id, agent.identity) == ("1", "7", "wtIe1bvDbh")
    assert (agent.device_class, agent.display_name) == ("workstation", "laptop01")
    assert agent.last_seen_at == datetime(2022, 3, 1, 20, 5, 10, tzinfo=UTC)
    assert agent.attributes["tags"] == "Server, Production"
    identity = _identity(_example(ground, "Identity"))
    assert (identity.external_id, identity.account_external_id) == ("12345678/itdr", "1")
    assert (identity.identity, identity.status) == ("user@example.com", "active")
    charge = ground.connector()._charge(_example(ground, "Invoice"))
    assert (charge.amount, charge.currency, charge.quantity) == (Decimal("3.03"), "USD", Decimal(101))
    assert charge.period_start == charge.period_end == date(2022, 3, 1)


def test_an_agent_is_the_same_machine_as_at_the_rmm(ground: Ground) -> None:
    serials = {device.serial for device in ground.town.estate.devices}
    assert sum(seat.identity in serials for seat in _seats(ground).values()) > 10


@pytest.mark.parametrize("is_reseller", [False, True])
def test_requests_and_answers_keep_to_the_specification(ground: Ground, is_reseller: bool) -> None:
    conformance = Conformance(SPECIFICATION, "https://api.huntress.io", mends=_MENDS)
    ground.server.is_reseller, ground.server.sells_itdr = is_reseller, True
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        list(ground.connector(page_size=7).read(info.name))
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 15
    wanted = "/v1/accounts/6/agents" if is_reseller else "/v1/identities"
    assert wanted in _paths(ground)


def test_identities_are_seats_of_their_own_product(ground: Ground) -> None:
    agents = set(_seats(ground))
    ground.server.sells_itdr = ground.sandbox.keeps = True
    seats = {key: seat for key, seat in _seats(ground).items() if key not in agents}
    people = _licensed(ground)
    assert people
    assert all("billable=true" in each.query for each in ground.sandbox.exchanges if each.path == "/v1/identities")
    assert sorted(seat.identity for seat in seats.values()) == sorted(user.upn for user in people)
    assert {(seat.kind, seat.sku, seat.sku_name) for seat in seats.values()} == {
        ("user", "ITDR", "Huntress Managed ITDR"),
    }  # fmt: skip
    by_upn = {user.upn: user for user in people}
    truth = ground.town.estate.truth
    for seat in seats.values():
        user = by_upn[seat.identity]
        assert (seat.status == "disabled") == (not user.is_enabled)
        assert truth[HUNTRESS, seat.account_external_id] == truth[M365, user.account_id]


def test_identities_that_nobody_has_cost_no_request(ground: Ground) -> None:
    ground.sandbox.keeps = True
    _seats(ground)
    assert "/v1/identities" not in _paths(ground)


def test_identities_that_may_not_be_read_are_no_zero(ground: Ground) -> None:
    ground.server.sells_itdr = True
    for status in (403, 404):
        ground.sandbox.faults.plan("status", status, path="/identities")
        with pytest.raises(ApiFailure) as failed:
            _seats(ground)
        assert failed.value.kind == "privilege_missing"
        assert "Managed ITDR identities" in failed.value.message


def test_learners_and_log_sources_are_counted_as_told(ground: Ground) -> None:
    first, second, *_ = [account.id for account in ground.town.index.accounts.of(HUNTRESS)]
    ground.server.learners[first] = 31
    ground.server.log_sources[second] = 4
    seats = {key: seat for key, seat in _seats(ground).items() if seat.kind == "licence"}
    assert {
        key: (seat.account_external_id, seat.sku_name, seat.quantity, seat.identity) for key, seat in seats.items()
    } == {
        f"{first}/sat": (first, "Huntress Managed SAT", Decimal(31), ""),
        f"{second}/siem": (second, "Huntress Managed SIEM", Decimal(4), ""),
    }


@pytest.mark.parametrize("field", ["sat_learner_count", "logs_sources_count"])
@pytest.mark.parametrize("kind", ["drop", "null"])
def test_a_count_that_is_not_told_is_no_zero(ground: Ground, field: str, kind: str) -> None:
    ground.sandbox.faults.plan(kind, field, times=0)
    with pytest.raises(ApiFailure) as failed:
        _seats(ground)
    assert failed.value.kind == "unexpected_shape"


@pytest.mark.parametrize("key", ["pagination", "next_page_token"])
def test_a_page_that_does_not_say_whether_it_is_the_last_is_refused(ground: Ground, key: str) -> None:
    ground.sandbox.faults.plan("drop", key, path="/agents", times=0)
    with pytest.raises(ApiFailure) as failed:
        _seats(ground, page_size=5)
    assert failed.value.kind == "unexpected_shape"


def test_invoices_are_charges_in_whole_cents(ground: Ground) -> None:
    charges = ground.read("charges")
    assert len(charges) == 6
    cost = PRODUCT_BY_CODE["HUN-EDR"].cost
    for key, charge in charges.items():
        assert isinstance(charge, Charge)
        assert charge.amount == charge.quantity * cost
        assert (charge.sku, charge.currency, charge.account_external_id) == (HUNTRESS_SKU, "USD", "")
        assert f"{charge.period_start:%Y%m%d}" == f"{charge.period_end:%Y%m%d}" == f"{key}01"
        assert "stripe" not in str(charge.attributes)


@pytest.mark.parametrize("status", ["draft", "voided", "full_refund"])
def test_what_is_not_charged_in_the_end_is_no_charge(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    shown = "connectors.sandbox.vendors.huntress._invoice"
    row = {"id": 9, "amount": 100, "currency_type": "usd", "quantity": 1, "created_at": "2026-01-01T00:00:00Z"}
    monkeypatch.setattr(shown, lambda item: {**row, "id": item[0], "status": status if item[0] % 2 else "open"})
    charges = ground.read("charges")
    assert charges
    assert all(int(key) % 2 == 0 for key in charges)


@pytest.mark.parametrize(
    ("amount", "currency", "wanted"),
    [(303, "usd", "3.03"), (303, "JPY", "303"), (1500, "kwd", "1.500"), (0, "eur", "0")],
)
def test_amounts_come_in_the_smallest_unit(amount: int, currency: str, wanted: str) -> None:
    assert major(Decimal(amount), currency) == Decimal(wanted)


def test_a_reseller_reads_every_account_that_is_enabled(ground: Ground) -> None:
    agents, organizations = _seats(ground), ground.read("accounts")
    ground.server.is_reseller = True
    connector = ground.connector()
    checked = connector.check()
    assert checked.account == "Northbeam IT Distribution, reseller of 2 accounts"
    assert checked.notes == ("An account that is disabled at Huntress was left out.",)
    assert set(_seats(ground)) == set(agents)
    found = ground.read("accounts")
    assert set(found) == set(organizations)
    named = {record.attributes["account"] for record in found.values() if isinstance(record, Account)}
    assert named == {"Northbeam IT", "Northbeam IT North"}


def test_a_reseller_has_identities_as_counts(ground: Ground) -> None:
    ground.server.is_reseller = ground.server.sells_itdr = True
    ground.sandbox.keeps = True
    seats = [seat for seat in _seats(ground).values() if seat.sku == "ITDR"]
    assert sum(seat.quantity or 0 for seat in seats) == len(_licensed(ground))
    assert len(seats) == len({seat.account_external_id for seat in seats}) > 1
    assert "/v1/identities" not in _paths(ground)


def test_a_resellers_account_that_may_not_be_read_fails_the_stream_by_name(ground: Ground) -> None:
    ground.server.is_reseller = True
    ground.sandbox.faults.plan("status", 403, path="accounts/6/agents", times=0)
    reading = ground.connector().read("seats")
    with pytest.raises(ApiFailure, match="of the account Northbeam IT North"):
        list(reading)
    assert not reading.is_complete


def test_a_resellers_charges_have_the_period_of_their_usage(ground: Ground) -> None:
    plain = ground.read("charges")
    ground.server.is_reseller = True
    charges = ground.read("charges")
    assert set(charges) == set(plain)
    for key, charge in charges.items():
        before = plain[key]
        assert isinstance(charge, Charge)
        assert isinstance(before, Charge)
        assert charge.amount == before.amount
        assert charge.period_start.day == 1
        assert (before.period_start - charge.period_end).days == 1, "the month before the invoice"


def test_a_key_of_nobody_is_not_taken_for_an_empty_reseller(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "account", path="/actor", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats")
    assert failed.value.kind == "unexpected_shape"


def test_the_key_and_its_secret_are_not_told_in_any_form(ground: Ground) -> None:
    settings = ground.server.settings
    pair = b64encode(f"{settings['api_key']}:{settings['api_secret']}".encode()).decode()
    api = ground.connector().api
    assert api.redact(f"Basic {pair} {settings['api_secret']}") == "Basic [redacted] [redacted]"


def test_too_many_requests_are_waited_out(ground: Ground) -> None:
    whole = _seats(ground)
    ground.sandbox.faults.plan("status", 429, path="/agents")
    assert _seats(ground) == whole
    assert sum(ground.paused) >= 20


def test_a_minute_that_is_used_up_is_outlasted(ground: Ground) -> None:
    """Whoever spent the 60 requests: what is read is whole, after as many pauses as it takes."""

    def sleep(seconds: float) -> None:
        ground.paused.append(seconds)
        ground.sandbox.put_ahead(seconds)

    whole = _seats(ground)
    ground.sandbox.enforces_limits = True
    ground.server._recent.extend([ground.sandbox.now()] * 60)
    assert _seats(ground, page_size=1, sleep=sleep, patience=Patience(attempts=5, first_pause_s=0.001)) == whole
    assert sum(ground.paused) >= 60
