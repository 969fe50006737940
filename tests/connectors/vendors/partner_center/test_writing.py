"""Writing quantities in Partner Center: whole, once, by version; seats are given back within seven days only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.sandbox.estate.world import PARTNER_CENTER, Subscription
from connectors.vendors.partner_center import shapes
from connectors.vendors.partner_center.writing import PartnerCenterWriter
from connectors.wire import Wire
from connectors.writing import AnswerLost, Change, Operation, WriteRefused
from tests.connectors.ground import Ground, today

CONNECTOR = "partner_center"
LONG_AGO = timedelta(days=200)


@pytest.fixture(autouse=True)
def _levers(ground: Ground) -> Iterator[None]:
    ground.server.pull_no_lever()
    yield
    ground.server.pull_no_lever()


@pytest.fixture
def bought(ground: Ground) -> Subscription:
    """A subscription of ten seats, all of them bought long ago."""
    found: Subscription = next(
        each
        for each in ground.town.estate.subscriptions
        if each.integration == PARTNER_CENTER and each.status == "active"
    )
    ground.town.change(found, quantity=Decimal(10), commitment_ends_on=today() + timedelta(days=90))
    ground.town.estate.history.pop(("subscription", found.id), None)
    return found


def _change(bought: Subscription, quantity: Decimal | int | str) -> Change:
    return Change(
        line_external_id=bought.id,
        agreement_external_id=bought.account_id,
        quantity=Decimal(quantity),
        seen_quantity=bought.quantity,
    )


def _writer(ground: Ground, **wire: Any) -> PartnerCenterWriter:
    writer: PartnerCenterWriter = ground.connector(**{"may_write": True, **wire}).writer
    return writer


def _planned(ground: Ground, bought: Subscription, quantity: int) -> tuple[PartnerCenterWriter, Operation]:
    writer = _writer(ground)
    (operation,) = writer.plan(_change(bought, quantity))
    return writer, operation


def _sent(ground: Ground) -> int:
    return [each.method for each in ground.sandbox.exchanges].count("PATCH")


def test_a_quantity_is_written_once_read_back_and_taken_back(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 13)
    assert "from 10 to 13" in operation.says
    assert str(bought.commitment_ends_on) in operation.warnings[0]
    ground.sandbox.keeps = True
    receipt = writer.apply(operation)
    assert _sent(ground) == 1
    assert receipt.quantity == bought.quantity == 13
    assert receipt.version != operation.version
    assert writer.verify(operation).effect == "applied"
    with pytest.raises(WriteRefused, match="changed"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    writer.apply(back)
    assert bought.quantity == 10
    assert writer.verify(operation).effect == "not_applied"
    assert writer.plan(_change(bought, 10)) == ()


def test_the_whole_subscription_is_sent_with_its_version(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 11)
    ground.sandbox.keeps = True
    writer.apply(operation)
    before, patch = (each for each in ground.sandbox.exchanges[:2])
    shown, sent = json.loads(before.body), json.loads(patch.request_body)
    assert sent == {**shown, "quantity": 11}
    assert patch.request_headers["if-match"] == shown["attributes"]["etag"] == operation.version


@pytest.mark.parametrize(
    ("quantity", "more", "values", "kind"),
    [
        ("10.5", {}, {}, "fraction"),
        ("0", {}, {}, "fraction"),
        ("9", {}, {}, "committed"),
        ("11", {}, {"status": "cancelled"}, "ended"),
        ("11", {"effective_date": today() + timedelta(days=400)}, {}, "date"),
        ("11", {"seen_quantity": Decimal(9)}, {}, "moved"),
        ("11", {"line_external_id": "no-such-subscription"}, {}, "not_found"),
    ],
)
def test_what_can_not_be_is_refused_before_it_is_sent(
    ground: Ground,
    bought: Subscription,
    quantity: str,
    more: dict[str, Any],
    values: dict[str, Any],
    kind: str,
) -> None:
    ground.town.change(bought, **values)
    ground.sandbox.keeps = True
    with pytest.raises(WriteRefused) as refused:
        _writer(ground).plan(replace(_change(bought, quantity), **more))
    assert refused.value.kind == kind
    assert _sent(ground) == 0
    ground.town.change(bought, status="active")


def test_a_reduction_inside_the_term_names_its_end(ground: Ground, bought: Subscription) -> None:
    with pytest.raises(WriteRefused) as refused:
        _writer(ground).plan(_change(bought, 9))
    assert f"runs until {bought.commitment_ends_on}" in refused.value.message
    assert "none of its seats" in refused.value.message
    assert "renewal" in refused.value.remedy


def test_seats_that_came_this_week_may_go_and_no_others(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 14)
    writer.apply(operation)
    with pytest.raises(WriteRefused, match="only 4 of its seats"):
        writer.plan(_change(bought, 9))
    (back,) = writer.plan(_change(bought, 11))
    assert writer.apply(back).quantity == bought.quantity == 11


def test_the_old_commerce_is_not_bound(ground: Ground, bought: Subscription) -> None:
    ground.server.is_legacy = True
    writer, operation = _planned(ground, bought, 7)
    assert writer.apply(operation).quantity == bought.quantity == 7


def test_what_is_billed_by_usage_has_no_quantity(ground: Ground, bought: Subscription) -> None:
    row = {"id": "s", "quantity": 1, "status": "active", "billingType": "usage", "attributes": {"etag": "e"}}
    writer = _writer(ground)
    writer._read = lambda *_ids: (Row(row, "subscription", "Partner Center", Wire()), datetime.now(UTC))  # type: ignore[method-assign]
    with pytest.raises(WriteRefused) as refused:
        writer.plan(replace(_change(bought, 2), seen_quantity=Decimal(1)))
    assert refused.value.kind == "unsupported"


def test_a_subscription_changed_after_planning_is_left_alone(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 12)
    ground.town.change(bought, quantity=Decimal(11))
    ground.town.change(bought, quantity=Decimal(10))
    ground.sandbox.keeps = True
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "moved"
    assert _sent(ground) == 0


def test_a_change_between_reading_and_sending_is_noticed_by_microsoft(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 12)

    def overtake(_vendor: str, request: Any) -> None:
        if request.method == "PATCH":
            ground.town.change(bought, quantity=bought.quantity + 5)

    ground.sandbox.before = overtake
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "moved"
    assert bought.quantity == 15
    assert writer.verify(operation).effect == "moved"


def test_microsofts_own_refusal_of_a_reduction_is_told(ground: Ground, bought: Subscription) -> None:
    operation = replace(_planned(ground, bought, 11)[1], after=Decimal(5))
    with pytest.raises(WriteRefused, match="cancellation window") as refused:
        _writer(ground).apply(operation)
    assert refused.value.kind == "committed"
    assert bought.quantity == 10


@pytest.mark.parametrize("kind", ["cut", "reset", "html", "hang"])
def test_a_lost_answer_is_never_sent_again(ground: Ground, bought: Subscription, kind: str) -> None:
    writer, operation = _planned(ground, bought, 12)
    writer = _writer(ground, patience=replace(ground.wire().patience, answer_s=0.5))
    ground.sandbox.faults.plan(kind, path=f"subscriptions/{bought.id}", after=1)
    ground.sandbox.keeps = True
    if kind == "html":
        # A page instead of the subscription: the status says that it was taken, reading back decides.
        assert writer.apply(operation).quantity == 12
    else:
        with pytest.raises(AnswerLost):
            writer.apply(operation)
    assert _sent(ground) == (0 if kind == "hang" else 1)
    assert writer.verify(operation).effect == ("not_applied" if kind == "hang" else "applied")


@pytest.mark.parametrize("status", [500, 503])
def test_a_fault_of_microsoft_is_an_answer_lost(ground: Ground, bought: Subscription, status: int) -> None:
    writer, operation = _planned(ground, bought, 12)
    ground.sandbox.faults.plan("status", status, path=f"subscriptions/{bought.id}", after=1)
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    assert writer.verify(operation).effect == "not_applied"


def test_an_answer_lost_while_reading_back_is_lost(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 12)
    ground.sandbox.faults.plan("status", 500, path=f"subscriptions/{bought.id}", after=2, times=0)
    with pytest.raises(AnswerLost, match="reading it back"):
        writer.apply(operation)
    ground.sandbox.faults.clear()
    assert writer.verify(operation).effect == "applied"


def test_nothing_is_sent_where_reading_before_it_fails(ground: Ground, bought: Subscription) -> None:
    writer, operation = _planned(ground, bought, 12)
    ground.sandbox.faults.plan("status", 500, path=f"subscriptions/{bought.id}", times=0)
    with pytest.raises(ApiFailure):
        writer.apply(operation)
    ground.sandbox.faults.clear()
    assert bought.quantity == 10


def test_nothing_is_written_where_writing_is_off(ground: Ground, bought: Subscription) -> None:
    writer = _writer(ground, may_write=False)
    (operation,) = writer.plan(_change(bought, 12))
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert {each.method for each in ground.sandbox.exchanges} == {"GET"}


# --- how many seats may be given back

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({"refundableQuantity": {"totalQuantity": 3}}, 3),
        ({"refundableQuantity": {"totalQuantity": 0, "details": []}}, 0),
        (
            {
                "refundableQuantity": {
                    "totalQuantity": 5,
                    "details": [
                        {"quantity": 2, "allowedUntilDateTime": "2026-05-21T00:00:00Z"},
                        {"quantity": 3, "allowedUntilDateTime": "2026-05-20T11:00:00Z"},
                    ],
                }
            },
            2,
        ),
        ({"effectiveStartDate": "2026-05-14T00:00:00Z"}, 10),
        ({"effectiveStartDate": "2026-05-13T00:00:00Z"}, 0),
        ({}, 0),
    ],
)
def test_how_many_seats_may_be_given_back(fields: dict[str, Any], may: int) -> None:
    row = Row({"id": "s", "quantity": 10, **fields}, "subscription", "Partner Center", Wire())
    assert shapes.returnable(row, NOW) == may
