"""Keeper MSP: quantities by managed company and product, and the closed month's charges to the cent."""

from __future__ import annotations

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Charge, Seat
from connectors.sandbox.estate.world import PAX8
from tests.connectors.ground import Ground, today

CONNECTOR = "keeper"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    bought = [each for each in ground.town.estate.subscriptions if each.integration == PAX8 and each.status == "active"]
    seats = ground.read("seats")
    assert {
        (seat.account_external_id, seat.sku): seat.quantity for seat in seats.values() if isinstance(seat, Seat)
    } == {(each.account_id, each.sku): each.quantity for each in bought}
    charges = [each for each in ground.read("charges").values() if isinstance(each, Charge)]
    assert sum(each.amount for each in charges) == sum(each.quantity * each.unit_cost for each in bought)
    assert all(each.period_end < today().replace(day=1) for each in charges)


def test_another_form_of_answer_is_told_and_reads_nothing(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "managed_companies", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.connector().check()
    assert failed.value.kind == "unexpected_shape"
    assert "managed_companies" in failed.value.message
