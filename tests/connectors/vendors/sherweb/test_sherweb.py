"""Sherweb: customers and their subscriptions, with what they cost and until when they are committed."""

from __future__ import annotations

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Seat, Subscription
from connectors.sandbox.estate.world import PAX8
from tests.connectors.ground import Ground

CONNECTOR = "sherweb"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    estate = ground.town.estate
    bought = {each.id: each for each in estate.subscriptions if each.integration == PAX8 and each.status == "active"}
    seats, subscriptions = ground.read("seats"), ground.read("subscriptions")
    assert set(seats) == set(subscriptions) == set(bought)
    for key, each in bought.items():
        seat, subscription = seats[key], subscriptions[key]
        assert isinstance(seat, Seat)
        assert isinstance(subscription, Subscription)
        assert (seat.quantity, seat.sku, seat.account_external_id) == (each.quantity, each.sku, each.account_id)
        assert (subscription.unit_cost, subscription.currency) == (each.unit_cost, each.currency)
        assert subscription.commitment_ends_on == (None if each.term == "Monthly" else each.commitment_ends_on)
    assert set(ground.read("skus")) == {each.sku for each in bought.values()}


def test_one_customer_that_fails_fails_the_stream(ground: Ground) -> None:
    customer = next(iter(ground.read("accounts")))
    ground.sandbox.faults.plan("status", 500, times=0, path=f"customerId={customer}")
    reading = ground.connector().read("seats")
    with pytest.raises(ApiFailure):
        list(reading)
    assert not reading.is_complete


def test_a_wrong_gateway_key_is_the_admins_turn(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"subscription_key": "0" * 32}).check()
    assert failed.value.kind == "credentials_refused"
    assert "subscription key" in failed.value.detail
