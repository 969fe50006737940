"""Pax8: what is read is what the estate holds, in the specification's words; writes are exact, once, and refused where
a commitment forbids them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Account, Charge, Seat, Subscription
from connectors.sandbox.estate.charges import charges
from connectors.sandbox.estate.world import PAX8
from connectors.writing import AnswerLost, Change, WriteRefused
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground, today

CONNECTOR = "pax8"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    estate = ground.town.estate
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(PAX8)
    }
    bought = {each.id: each for each in estate.subscriptions if each.integration == PAX8}
    seats, subscriptions = ground.read("seats"), ground.read("subscriptions")
    assert set(seats) == set(subscriptions) == set(bought)
    for key, each in bought.items():
        seat, subscription = seats[key], subscriptions[key]
        assert isinstance(seat, Seat)
        assert isinstance(subscription, Subscription)
        assert (seat.sku, seat.quantity, seat.account_external_id) == (each.sku, each.quantity, each.account_id)
        assert (seat.status == "deleted") == (each.status == "cancelled")
        assert (subscription.unit_cost, subscription.currency) == (each.unit_cost, each.currency)
        assert subscription.commitment_ends_on == (None if each.term == "Monthly" else each.commitment_ends_on)
        assert subscription.billing_cycle == each.billing.casefold()
    charged = {each.id: each for each in charges(estate, PAX8)}
    for key, charge in ground.read("charges").items():
        assert isinstance(charge, Charge)
        assert (charge.amount, charge.quantity) == (charged[key].amount, charged[key].quantity)


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("pax8/pax8.partner.openapi.json", "https://api.pax8.com/v1", ours=["/token"])
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10


def _change(ground: Ground, *, monthly: bool, by: int) -> Change:
    bought = [each for each in ground.town.estate.subscriptions if each.integration == PAX8 and each.status == "active"]
    each = max(bought, key=lambda each: each.quantity)
    ground.town.change(each, term="Monthly" if monthly else "1-Year", commitment_ends_on=today() + timedelta(days=90))
    return Change(
        line_external_id=each.id, agreement_external_id="", quantity=each.quantity + by, seen_quantity=each.quantity
    )


def test_a_quantity_is_written_once_read_back_and_taken_back(ground: Ground) -> None:
    change = _change(ground, monthly=True, by=3)
    writer = ground.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    receipt = writer.apply(operation)
    held = ground.town.index.subscriptions.get(change.line_external_id)
    assert held is not None
    assert receipt.quantity == change.quantity == held.quantity
    assert writer.verify(operation).effect == "applied"
    with pytest.raises(WriteRefused, match="changed"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    writer.apply(back)
    assert held.quantity == change.seen_quantity
    assert writer.plan(Change(**{**_fields(change), "quantity": change.seen_quantity})) == ()


@pytest.mark.parametrize(("quantity", "kind"), [(Decimal("2.5"), "fraction"), (Decimal(0), "fraction")])
def test_what_pax8_does_not_take_is_refused_before_it_is_sent(ground: Ground, quantity: Decimal, kind: str) -> None:
    change = Change(**{**_fields(_change(ground, monthly=True, by=1)), "quantity": quantity})
    with pytest.raises(WriteRefused) as refused:
        ground.connector(may_write=True).writer.plan(change)
    assert refused.value.kind == kind


def test_a_reduction_inside_a_commitment_is_refused(ground: Ground) -> None:
    with pytest.raises(WriteRefused) as refused:
        ground.connector(may_write=True).writer.plan(_change(ground, monthly=False, by=-1))
    assert refused.value.kind == "committed"
    assert "commitment runs until" in refused.value.message


def test_a_lost_answer_is_never_sent_again(ground: Ground) -> None:
    change = _change(ground, monthly=True, by=2)
    writer = ground.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    ground.sandbox.faults.plan("cut", path=f"subscriptions/{change.line_external_id}", after=1)
    ground.sandbox.keeps = True
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    assert [each.method for each in ground.sandbox.exchanges].count("PUT") == 1
    assert writer.verify(operation).effect == "applied"


def test_nothing_is_written_where_writing_is_off(ground: Ground) -> None:
    change = _change(ground, monthly=True, by=1)
    writer = ground.connector().writer
    (operation,) = writer.plan(change)
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert {each.method for each in ground.sandbox.exchanges} == {"GET"}


def _fields(change: Change) -> dict[str, object]:
    return {name: getattr(change, name) for name in change.__slots__}
