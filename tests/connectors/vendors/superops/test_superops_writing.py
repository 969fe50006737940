"""SuperOps's quantity changes: one more change from a bill date on, recognised by its id, never sent twice."""

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
from connectors.sandbox.vendors.superops import rows
from connectors.wire import Patience
from connectors.writing import AnswerLost, Change, WriteRefused
from tests.connectors.ground import Ground, ground, today
from tests.connectors.vendors.superops.judging import problems

DAY = timedelta(days=1)


@pytest.fixture
def here() -> Iterator[Ground]:
    """Writes leave traces in the contracts, so each test has an estate of its own."""
    with ground("superops", clients=6, seats=60) as made:
        made.sandbox.keeps = True
        yield made


def line_of(here: Ground) -> world.Line:
    return next(
        each
        for each in here.town.estate.lines
        if each.is_active(today()) and each.cancelled_on is None and each.billing_cycle == "monthly"
    )


def change_of(line: world.Line, by: int, effective: date | None = None) -> Change:
    billed = line.quantity - line.included
    return Change(
        line_external_id=rows.contract_id(line.id),
        agreement_external_id=rows.contract_id(line.id),
        quantity=billed + by,
        seen_quantity=billed,
        effective_date=effective,
    )


def sent(here: Ground) -> list[dict[str, Any]]:
    bodies = [json.loads(each.request_body) for each in here.sandbox.exchanges]
    return [each["variables"]["input"] for each in bodies if each["operationName"] == "updateClientContract"]


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


@pytest.mark.parametrize("by", [3, -1])
def test_a_change_is_written_from_the_next_bill_date_and_taken_back(here: Ground, by: int) -> None:
    line = line_of(here)
    change = change_of(line, by)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    assert (operation.effective_date, operation.delta) == (next_month(), by)
    assert operation.payload == {
        "contract": {
            "contractId": change.line_external_id,
            "billableContract": {
                "change": {
                    "effectiveDate": next_month().isoformat(),
                    "quantity": str(abs(by)),
                    "quantityChangeOperation": "INCREASE" if by > 0 else "DECREASE",
                }
            },
        }
    }
    receipt = writer.apply(operation)
    assert (receipt.quantity, receipt.reference) == (change.quantity, change.line_external_id)
    assert sent(here) == [dict(operation.payload)]
    assert writer.verify(operation).effect == "applied"
    assert shown(here, change).quantity == change.seen_quantity, "until the bill date it stays as it is"
    assert writer.plan(change) == (), "what is planned already is not planned again"
    with pytest.raises(WriteRefused, match="changed"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    assert back.delta == -by
    writer.apply(back)
    assert len(sent(here)) == 2
    assert problems(here.sandbox.exchanges) == []
    while here.town.estate.as_of < next_month():
        here.town.pass_midnight()
    assert shown(here, change).quantity == change.seen_quantity


def test_what_was_written_counts_when_its_day_has_come(here: Ground) -> None:
    change = change_of(line_of(here), 2)
    writer = here.connector(may_write=True).writer
    writer.apply(writer.plan(change)[0])
    while here.town.estate.as_of < next_month():
        here.town.pass_midnight()
    assert shown(here, change).quantity == change.quantity


def test_where_changes_state_the_new_quantity_that_is_what_is_sent(here: Ground) -> None:
    change = change_of(line_of(here), 2)
    (operation,) = here.connector({"quantities": "total"}, may_write=True).writer.plan(change)
    assert operation.marks == {"operation": "INCREASE", "stated": str(change.quantity)}


def test_what_is_billed_already_is_not_changed(here: Ground) -> None:
    found = refused(here, change_of(line_of(here), 1, today()))
    assert found.kind == "posted"
    assert str(next_month()) in found.remedy


def test_a_later_day_may_be_chosen_and_is_said_to_be_prorated(here: Ground) -> None:
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1, next_month() + 9 * DAY))
    assert any("prorates" in warning for warning in operation.warnings)


def test_a_quantity_that_is_not_what_was_seen_is_refused(here: Ground) -> None:
    assert refused(here, replace(change_of(line_of(here), 2), seen_quantity=Decimal(999))).kind == "moved"


@pytest.mark.parametrize("quantity", ["2.5", "-1"])
def test_parts_and_less_than_none_are_refused(here: Ground, quantity: str) -> None:
    assert refused(here, replace(change_of(line_of(here), 0), quantity=Decimal(quantity))).kind == "fraction"


@pytest.mark.parametrize(
    ("part", "key", "value", "kind"),
    [
        ("billable", "quantityCalculationType", "DYNAMIC", "calculated"),
        ("billable", "frequencyType", "ONCE", "unsupported"),
        ("contract", "contractStatus", "INACTIVE", "ended"),
        ("contract", "endDate", "2020-01-01", "ended"),
    ],
)
def test_contracts_whose_quantity_is_not_to_be_set(here: Ground, part: str, key: str, value: str, kind: str) -> None:
    def otherwise(contract: dict[str, Any]) -> dict[str, Any]:
        place = contract["contract"]["billableContract"] if part == "billable" else contract
        place[key] = value
        return contract

    change = change_of(line_of(here), 1)
    here.server.shown = otherwise
    assert refused(here, change).kind == kind


def test_a_contract_that_is_gone_is_refused(here: Ground) -> None:
    line = line_of(here)
    change = change_of(line, 1)
    assert refused(here, replace(change, line_external_id="7928838000000000001")).kind == "not_found"
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change)
    here.town.remove(line)
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "not_found"
    assert writer.verify(operation).effect == "moved"
    assert sent(here) == []


def test_another_change_that_is_planned_for_later_is_not_shifted(here: Ground) -> None:
    line = line_of(here)
    here.server.steps[line.id] = [rows.Step(f"{line.id}77", "INCREASE", Decimal(5), next_month() + 40 * DAY)]
    found = refused(here, change_of(line, 1))
    assert found.kind == "ambiguous"
    assert "already planned" in found.message


def test_a_contract_that_moves_between_plan_and_write_is_left_alone(here: Ground) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2))
    here.server.steps[line.id] = [rows.Step(f"{line.id}77", "INCREASE", Decimal(1), next_month())]
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "moved"
    assert sent(here) == []
    assert writer.verify(operation).effect == "moved"


@pytest.mark.parametrize("kind", ["cut", "reset", "hang", "malformed", "html", "empty"])
def test_a_lost_answer_is_resolved_by_reading_and_never_sent_again(here: Ground, kind: str) -> None:
    change = change_of(line_of(here), 4)
    patience = Patience(answer_s=0.5, attempts=1, first_pause_s=0.001, circuit_failures=99)
    writer = here.connector(may_write=True, patience=patience).writer
    (operation,) = writer.plan(change)
    # The next request but one is the write: before it the contract is read once more.
    here.sandbox.faults.plan(kind, after=1)
    with pytest.raises(AnswerLost) as lost:
        writer.apply(operation)
    assert lost.value.operation == operation
    # A server that hangs did not take it; any other did.
    assert writer.verify(operation).effect == ("not_applied" if kind == "hang" else "applied")
    assert len(sent(here)) == (0 if kind == "hang" else 1)


def test_a_break_while_reading_back_counts_as_lost(here: Ground) -> None:
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    here.sandbox.faults.plan("status", 503, after=2, times=0)
    with pytest.raises(AnswerLost, match="could not be read"):
        writer.apply(operation)
    here.sandbox.faults.clear()
    assert len(sent(here)) == 1
    assert writer.verify(operation).effect == "applied"


def test_a_refusal_inside_a_200_is_one(here: Ground) -> None:
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    change = {"effectiveDate": "soon", "quantity": "1", "quantityChangeOperation": "INCREASE"}
    contract = {"contractId": operation.line_external_id, "billableContract": {"change": change}}
    with pytest.raises(WriteRefused) as found:
        writer.apply(replace(operation, payload={"contract": contract}))
    assert found.value.kind == "unsupported"
    assert "mandatory_validation_failed" in found.value.message
    assert writer.verify(operation).effect == "not_applied"


def test_nothing_is_written_where_writing_is_off(here: Ground) -> None:
    writer = here.connector().writer
    (operation,) = writer.plan(change_of(line_of(here), 1))
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert sent(here) == []


def test_the_same_quantity_by_other_changes_is_not_what_was_seen(here: Ground) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2))
    here.server.steps[line.id] = [
        rows.Step(f"{line.id}77", "INCREASE", Decimal(1), next_month()),
        rows.Step(f"{line.id}78", "DECREASE", Decimal(1), next_month()),
    ]
    with pytest.raises(WriteRefused) as found:
        writer.apply(operation)
    assert found.value.kind == "moved"
    assert sent(here) == []


@pytest.mark.parametrize("steps", [(1, 1), (2, 3), (5,)])
def test_somebody_elses_changes_are_not_taken_for_ours(here: Ground, steps: tuple[int, ...]) -> None:
    line = line_of(here)
    writer = here.connector(may_write=True).writer
    (operation,) = writer.plan(change_of(line, 2))
    here.server.steps[line.id] = [
        rows.Step(f"{line.id}7{spot}", "INCREASE", Decimal(by), next_month()) for spot, by in enumerate(steps)
    ]
    assert writer.verify(operation).effect == "moved"
