"""Autotask's adjustments: a difference from fresh units, sent once, never into a posted period, never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Line
from connectors.sandbox.estate import world
from connectors.sandbox.vendors.autotask import rows
from connectors.wire import Patience
from connectors.writing import AnswerLost, Change, Operation, WriteRefused
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground, ground, today

DAY = timedelta(days=1)
SENT = "ServiceAdjustments|ServiceBundleAdjustments"


@pytest.fixture
def here() -> Iterator[Ground]:
    """Writes leave traces in the unit rows, so each test has an estate of its own."""
    with ground("autotask", clients=6, seats=60) as made:
        made.sandbox.keeps = True
        yield made


def line_of(here: Ground, *, bundle: bool = False, cycle: str = "monthly") -> world.Line:
    """A line that is billed now, alone with its product on its agreement."""
    return next(
        each
        for each in here.town.estate.lines
        if each.is_active(today())
        and each.cancelled_on is None
        and each.billing_cycle == cycle
        and (each.product_code in rows.BUNDLED) == bundle
    )


def change_of(line: world.Line, by: int, effective: date | None = None) -> Change:
    billed = line.quantity - line.included
    prefix = "bundle/" if line.product_code in rows.BUNDLED else ""
    return Change(
        line_external_id=f"{prefix}{line.id}",
        agreement_external_id=line.agreement_id,
        quantity=billed + by,
        seen_quantity=billed,
        effective_date=effective,
    )


def sent(here: Ground) -> list[dict[str, Any]]:
    return [
        json.loads(each.request_body)
        for each in here.sandbox.exchanges
        if each.path.rpartition("/")[2] in SENT.split("|")
    ]


def next_month() -> date:
    return (today().replace(day=1) + 32 * DAY).replace(day=1)


def refused(here: Ground, change: Change) -> WriteRefused:
    with pytest.raises(WriteRefused) as found:
        here.connector(may_write=True).writer.plan(change)
    assert sent(here) == []
    return found.value


def shown(here: Ground, change: Change) -> Line:
    found = here.read("lines")[change.line_external_id]
    assert isinstance(found, Line)
    return found


@pytest.mark.parametrize("bundle", [False, True])
def test_a_posted_period_is_left_and_the_next_one_adjusted(here: Ground, bundle: bool) -> None:
    line = line_of(here, bundle=bundle)
    change = change_of(line, 3)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    assert (operation.effective_date, operation.delta) == (next_month(), 3)
    assert operation.payload == {
        "contractID": int(line.agreement_id),
        ("contractServiceBundleID" if bundle else "contractServiceID"): int(line.id),
        "unitChange": 3,
        "effectiveDate": f"{next_month()}T00:00:00Z",
    }
    assert any("approved and posted" in warning for warning in operation.warnings)
    receipt = writer.apply(operation)
    assert receipt.quantity == change.quantity
    assert receipt.reference
    assert sent(here) == [dict(operation.payload)]
    assert here.server.made_services == []
    assert shown(here, change).quantity == change.seen_quantity, "this month stays as it was posted"
    assert writer.verify(operation).effect == "applied"
    assert writer.plan(change) == (), "what is planned already is not planned again"
    with pytest.raises(WriteRefused, match="changed"):
        writer.apply(operation)
    assert len(sent(here)) == 1
    while here.town.estate.as_of < next_month():
        here.town.pass_midnight()
    assert shown(here, change).quantity == change.quantity


def test_an_open_period_is_adjusted_from_its_beginning_and_taken_back(here: Ground) -> None:
    here.server.post(in_advance=False)
    line = line_of(here)
    change = change_of(line, 2)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    assert operation.effective_date == max(today().replace(day=1), line.effective_on)
    receipt = writer.apply(operation)
    assert shown(here, change).quantity == change.quantity == line.quantity - line.included
    (back,) = writer.plan(writer.inverse(receipt))
    assert (back.delta, back.effective_date) == (-2, operation.effective_date)
    writer.apply(back)
    assert shown(here, change).quantity == change.seen_quantity
    assert [each["unitChange"] for each in sent(here)] == [2, -2]
    here.server.post(in_advance=True)
    with pytest.raises(WriteRefused) as found:
        writer.plan(writer.inverse(replace(receipt, quantity=change.seen_quantity, operation=back)))
    assert found.value.kind == "posted"


def test_a_day_inside_a_period_is_said_to_be_prorated(here: Ground) -> None:
    day = next_month() + 9 * DAY
    change = change_of(line_of(here), 1, day)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    assert any("prorates" in warning for warning in operation.warnings)
    writer.apply(operation)
    assert writer.verify(operation).effect == "applied"


def test_every_request_and_answer_keeps_to_the_specification(here: Ground) -> None:
    writer = here.connector(may_write=True).writer
    for line in (line_of(here), line_of(here, bundle=True)):
        writer.apply(writer.plan(change_of(line, 1))[0])
    conformance = Conformance(
        "autotask/autotask.swagger2.json",
        "https://webservices5.autotask.net/ATServicesRest",
        ours=["/zoneInformation", "/next"],
    )
    assert conformance.problems(here.sandbox.exchanges) == []
    assert len(sent(here)) == 2


def test_a_day_in_a_posted_period_is_refused_and_told_what_is_open(here: Ground) -> None:
    found = refused(here, change_of(line_of(here), 1, today()))
    assert found.kind == "posted"
    assert str(next_month()) in found.remedy


def test_units_that_are_not_what_was_seen_are_refused(here: Ground) -> None:
    assert refused(here, replace(change_of(line_of(here), 2), seen_quantity=Decimal(999))).kind == "moved"


@pytest.mark.parametrize("quantity", ["2.5", "-1"])
def test_parts_of_a_unit_and_less_than_none_are_refused(here: Ground, quantity: str) -> None:
    assert refused(here, replace(change_of(line_of(here), 0), quantity=Decimal(quantity))).kind == "fraction"


def test_a_service_that_is_gone_is_never_made_anew(here: Ground) -> None:
    line = line_of(here)
    change = change_of(line, 1)
    assert refused(here, replace(change, line_external_id="77777777")).kind == "not_found"
    assert refused(here, replace(change, line_external_id="bundle/x")).kind == "not_found"
    other = next(each.id for each in here.town.estate.agreements if each.id != line.agreement_id)
    assert refused(here, replace(change, agreement_external_id=other)).kind == "not_found"
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    here.town.remove(line)
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "not_found"
    assert writer.verify(operation).effect == "moved"
    assert sent(here) == []
    assert here.server.made_services == []


def test_ended_services_and_contracts_are_refused(here: Ground) -> None:
    line = line_of(here)
    here.town.change(line, cancelled_on=today())
    assert refused(here, change_of(line, 1)).kind == "ended"
    other = line_of(here)
    agreement = here.town.index.agreements.get(other.agreement_id)
    assert agreement is not None
    here.town.change(agreement, cancelled_on=today() - DAY)
    assert refused(here, change_of(other, 1)).kind == "ended"


def test_a_day_outside_the_contract_is_refused(here: Ground) -> None:
    line = line_of(here)
    assert refused(here, change_of(line, 1, line.effective_on - 40 * DAY)).kind in ("date", "posted")
    assert refused(here, change_of(line, 1, today() + 4000 * DAY)).kind == "ended"


def test_a_change_that_somebody_planned_for_later_is_not_shifted(here: Ground) -> None:
    line = line_of(here)
    here.server.book.adjust(line, (next_month() + 40 * DAY).replace(day=1), Decimal(5))
    here.server._kept.clear()
    found = refused(here, change_of(line, 1))
    assert found.kind == "ambiguous"
    assert "already planned" in found.message


def test_a_line_that_moves_between_plan_and_write_is_left_alone(here: Ground) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2))
    here.town.change(line, quantity=line.quantity + 1)
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "moved"
    assert sent(here) == []
    assert writer.verify(operation).effect == "moved"


def test_a_period_posted_between_plan_and_write_is_left_alone(here: Ground) -> None:
    here.server.post(in_advance=False)
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2))
    here.server.post(in_advance=True)
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "posted"
    assert sent(here) == []


@pytest.mark.parametrize("kind", ["cut", "reset", "hang", "malformed", "html", "empty"])
def test_a_lost_answer_is_resolved_by_reading_and_never_sent_again(here: Ground, kind: str) -> None:
    change = change_of(line_of(here), 4)
    patience = Patience(answer_s=0.5, attempts=2, first_pause_s=0.001, circuit_failures=99)
    writer = here.connector(may_write=True, patience=patience).writer
    (operation,) = writer.plan(change)
    here.sandbox.faults.plan(kind, path=SENT)
    with pytest.raises(AnswerLost) as lost:
        writer.apply(operation)
    assert lost.value.operation == operation
    # A server that hangs did not take it; any other did.
    assert writer.verify(operation).effect == ("not_applied" if kind == "hang" else "applied")
    assert len(sent(here)) == (0 if kind == "hang" else 1)


def test_an_answer_without_a_number_counts_as_lost(here: Ground) -> None:
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    here.sandbox.faults.plan("drop", "itemId", path=SENT)
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    assert writer.verify(operation).effect == "applied"


def test_a_break_while_reading_back_counts_as_lost(here: Ground) -> None:
    """It was sent and taken; only what came of it could not be read."""
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1))

    def break_after_it(_vendor: str, request: Any) -> None:
        if request.url.path.rpartition("/")[2] in SENT.split("|"):
            here.sandbox.faults.plan("status", 503, times=0, path="Units/query")

    here.sandbox.before = break_after_it
    with pytest.raises(AnswerLost, match="could not be read"):
        writer.apply(operation)
    here.sandbox.faults.clear()
    here.sandbox.before = None
    assert len(sent(here)) == 1
    assert writer.verify(operation).effect == "applied"


def test_a_fault_of_the_server_is_no_refusal(here: Ground) -> None:
    """A 500 without the words of a refusal may have done it or not: reading tells."""
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    here.sandbox.faults.plan("status", 500, path=SENT)
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    assert writer.verify(operation).effect == "not_applied"


def test_a_refusal_by_autotask_is_told_in_its_words(here: Ground) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 1))
    wrong = replace(operation, payload={**operation.payload, "unitChange": -100_000})
    with pytest.raises(WriteRefused) as found:
        writer.apply(wrong)
    assert found.value.kind == "unsupported"
    assert "negative" in found.value.message


def test_nothing_is_written_where_writing_is_off(here: Ground) -> None:
    writer = here.connector().writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    assert isinstance(operation, Operation)
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert sent(here) == []


def test_the_last_unit_may_go_and_come_back(here: Ground) -> None:
    here.server.post(in_advance=False)
    line = line_of(here)
    change = change_of(line, -int(line.quantity - line.included))
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    assert any("No unit is left" in warning for warning in operation.warnings)
    receipt = writer.apply(operation)
    empty = shown(here, change)
    assert (empty.quantity, empty.cancelled_date) == (Decimal(0), None)
    writer.apply(writer.plan(writer.inverse(receipt))[0])
    assert shown(here, change).quantity == change.seen_quantity


def test_a_period_split_anew_between_plan_and_write_is_left_alone(here: Ground) -> None:
    """As many units as before, but not the row that was seen."""
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2, next_month() + 9 * DAY))
    for delta in (Decimal(1), Decimal(-1)):
        here.server.book.adjust(line, next_month() + 4 * DAY, delta)
    here.server._kept.clear()
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "moved"
    assert sent(here) == []


def test_a_refusal_is_not_believed_where_the_units_changed_all_the_same(here: Ground) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 1))

    def change_it(_vendor: str, request: Any) -> None:
        if request.url.path.rpartition("/")[2] in SENT.split("|"):
            here.server.book.adjust(line, next_month(), Decimal(1))
            here.server._kept.clear()

    here.sandbox.before = change_it
    with pytest.raises(AnswerLost, match="negative"):
        writer.apply(replace(operation, payload={**operation.payload, "unitChange": -100_000}))
    assert len(sent(here)) == 1
