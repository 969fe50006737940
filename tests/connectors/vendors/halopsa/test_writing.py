"""HaloPSA, writing: one line by its id, once, everything else as it was; and every reason not to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.sandbox.estate.world import Line
from connectors.sandbox.vendors.halopsa import shapes
from connectors.wire import Patience
from connectors.writing import AnswerLost, Change, WriteRefused
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground, today

CONNECTOR = "halopsa"
LINES = "RecurringInvoice/updatelines"
HEADER = r"RecurringInvoice/-"


@pytest.fixture
def line(ground: Ground) -> Iterator[Line]:
    """A line in force that Halo does not calculate, on an invoice with others; as it was, afterwards."""
    index = ground.town.index
    running = {each.id for each in ground.town.estate.agreements if each.cancelled_on is None}
    found = next(
        each
        for each in ground.town.estate.lines
        if each.agreement_id in running
        and each.is_active(today())
        and each.cancelled_on is None
        and not each.included
        and len(index.additions.of(each.agreement_id)) > 2
    )
    quantity = found.quantity
    yield found
    ground.town.change(found, quantity=quantity, cancelled_on=None, included=Decimal(0))
    ground.server.pending.clear()
    ground.server.shows_history = True


def change_of(line: Line, quantity: Decimal | int | None = None, **more: Any) -> Change:
    asked = Change(
        line_external_id=line.id,
        agreement_external_id=str(shapes.header_id(line.agreement_id)),
        quantity=line.quantity + 3 if quantity is None else Decimal(quantity),
        seen_quantity=line.quantity,
    )
    return replace(asked, **more)


def writer_of(ground: Ground, **wire: Any) -> Any:
    return ground.connector(may_write=True, **wire).writer


def refusal(ground: Ground, change: Change) -> WriteRefused:
    ground.sandbox.keeps = True
    with pytest.raises(WriteRefused) as refused:
        writer_of(ground).plan(change)
    assert {each.method for each in ground.sandbox.exchanges if each.path != "/auth/token"} <= {"GET"}
    return refused.value


def test_one_line_is_written_read_back_and_taken_back_and_no_other_is_touched(ground: Ground, line: Line) -> None:
    change, estate = change_of(line), ground.town.estate
    others = {each.id: replace(each) for each in estate.lines if each.id != line.id}
    writer, ground.sandbox.keeps = writer_of(ground), True
    (operation,) = writer.plan(change)
    assert (operation.before, operation.after) == (change.seen_quantity, change.quantity)
    assert operation.effective_date > today()
    receipt = writer.apply(operation)
    assert receipt.quantity == change.quantity == line.quantity
    assert receipt.reference not in ("", "0"), "Halo's own record of the edit"
    assert writer.verify(operation).effect == "applied"
    with pytest.raises(WriteRefused, match="changed"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    writer.apply(back)
    assert line.quantity == change.seen_quantity
    assert {each.id: each for each in estate.lines if each.id != line.id} == others
    assert writer.plan(replace(change, quantity=change.seen_quantity)) == ()
    sent = [json.loads(each.request_body) for each in ground.sandbox.exchanges if each.path.endswith("updatelines")]
    wanted = {"id": int(line.id), "ihid": shapes.header_id(line.agreement_id)}
    assert sent == [[{**wanted, "qty_order": int(change.quantity)}], [{**wanted, "qty_order": int(operation.before)}]]
    conformance = Conformance("halopsa/halopsa.openapi.json", "https://northbeam.halopsa.com/api", ours=["/auth/token"])
    assert conformance.problems(ground.sandbox.exchanges) == []


def test_two_lines_of_one_invoice_are_written_one_after_the_other(ground: Ground, line: Line) -> None:
    other = next(
        each
        for each in ground.town.index.additions.of(line.agreement_id)
        if each is not line and not each.included and each.cancelled_on is None and each.is_active(today())
    )
    was = other.quantity
    writer = writer_of(ground)
    planned = [*writer.plan(change_of(line)), *writer.plan(change_of(other))]
    assert [writer.apply(each).quantity for each in planned] == [each.after for each in planned]
    ground.town.change(other, quantity=was)


def test_parts_of_units_are_written_exactly(ground: Ground, line: Line) -> None:
    writer = writer_of(ground)
    (operation,) = writer.plan(change_of(line, Decimal("2.5")))
    assert writer.apply(operation).quantity == line.quantity == Decimal("2.5")


def test_what_somebody_else_changed_since_review_is_not_overwritten(ground: Ground, line: Line) -> None:
    seen = change_of(line, seen_version=ground.read("lines")[line.id].attributes["version"])  # type: ignore[union-attr]
    assert writer_of(ground).plan(seen)
    ground.town.change(line, quantity=line.quantity + 1)
    refused = refusal(ground, seen)
    assert refused.kind == "moved"
    assert "Dana Whitfield changed Quantity from" in refused.message
    ground.town.change(line, quantity=line.quantity - 1, unit_price=line.unit_price + 1)
    assert refusal(ground, seen).kind == "moved", "another price is another line"
    ground.town.change(line, unit_price=line.unit_price - 1)


def test_an_edit_that_was_taken_back_between_plan_and_write_is_seen_in_halos_history(
    ground: Ground, line: Line
) -> None:
    writer = writer_of(ground)
    (operation,) = writer.plan(change_of(line))
    ground.town.change(line, quantity=line.quantity + 7)
    ground.town.change(line, quantity=line.quantity - 7)
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "moved"
    assert writer.verify(operation).effect == "moved"


def test_a_halo_without_history_is_written_to_by_comparing(ground: Ground, line: Line) -> None:
    ground.server.shows_history = False
    connector = ground.connector(may_write=True)
    (operation,) = connector.writer.plan(change_of(line))
    assert connector.writer.apply(operation).quantity == operation.after
    assert any("history" in note for note in connector.wire.notes())


def test_a_calculated_line_is_never_written(ground: Ground, line: Line) -> None:
    counted = next(each for each in ground.town.estate.lines if each.included and each.cancelled_on is None)
    seen = counted.quantity - counted.included
    refused = refusal(ground, change_of(counted, 99, seen_quantity=seen))
    assert refused.kind == "calculated"
    assert "free or the minimum" in refused.remedy


def test_what_has_ended_is_refused(ground: Ground, line: Line) -> None:
    ground.town.change(line, cancelled_on=today())
    assert refusal(ground, change_of(line)).kind == "ended"
    ground.town.change(line, cancelled_on=today() - timedelta(days=90))
    assert refusal(ground, change_of(line)).kind == "ended"


def test_an_invoice_that_waits_for_approval_is_refused(ground: Ground, line: Line) -> None:
    ground.server.pending.add(line.agreement_id)
    refused = refusal(ground, change_of(line))
    assert (refused.kind, refused.remedy) == ("unsupported", "Approve it first.")


def test_other_refusals(ground: Ground, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    good = change_of(line)
    assert refusal(ground, replace(good, quantity=Decimal(-1))).kind == "unsupported"
    assert refusal(ground, replace(good, effective_date=today() + timedelta(days=800))).kind == "date"
    assert refusal(ground, replace(good, line_external_id="999999999")).kind == "not_found"
    assert refusal(ground, replace(good, agreement_external_id="-999999999")).kind == "not_found"
    assert refusal(ground, replace(good, line_external_id="a line")).kind == "not_found"
    own = shapes.line
    monkeypatch.setattr(
        shapes, "line", lambda each, day: {**own(each, day), "onetimecharge": True, "onetimechargeinvoiceid": 8}
    )
    assert refusal(ground, good).kind == "posted"
    monkeypatch.setattr(shapes, "line", lambda each, day: {**own(each, day), "id": 5})
    assert refusal(ground, replace(good, line_external_id="5")).kind == "ambiguous"


def test_a_date_before_the_last_invoice_warns_that_it_stays_as_it_is(ground: Ground, line: Line) -> None:
    (operation,) = writer_of(ground).plan(change_of(line, effective_date=today() - timedelta(days=400)))
    assert any("stays as it is" in warning for warning in operation.warnings)


@pytest.mark.parametrize("kind", ["cut", "reset", "hang", "status"])
def test_an_answer_lost_after_sending_is_never_sent_again(ground: Ground, line: Line, kind: str) -> None:
    patience = Patience(answer_s=0.4, attempts=3, first_pause_s=0.001, circuit_failures=99)
    change = change_of(line)
    writer = writer_of(ground, patience=patience)
    (operation,) = writer.plan(change)
    ground.sandbox.keeps = True
    ground.sandbox.faults.plan(kind, 502 if kind == "status" else "", path=LINES)
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    ground.sandbox.faults.clear()
    is_done = kind in ("cut", "reset")
    assert [each.method for each in ground.sandbox.exchanges].count("POST") == int(is_done)
    assert line.quantity == (change.quantity if is_done else change.seen_quantity)
    verified = writer.verify(operation)
    assert (verified.effect, verified.quantity) == ("applied" if is_done else "not_applied", line.quantity)


def test_a_read_back_that_fails_leaves_the_outcome_open(ground: Ground, line: Line) -> None:
    writer = writer_of(ground)
    (operation,) = writer.plan(change_of(line))
    ground.sandbox.faults.plan("status", 500, path=HEADER, after=1, times=0)
    with pytest.raises(AnswerLost):
        writer.apply(operation)
    ground.sandbox.faults.clear()
    assert writer.verify(operation).effect == "applied"


def test_a_failure_before_sending_changes_nothing(ground: Ground, line: Line) -> None:
    change = change_of(line)
    writer = writer_of(ground)
    (operation,) = writer.plan(change)
    for status, path in ((500, HEADER), (429, LINES), (403, LINES), (400, LINES)):
        ground.sandbox.faults.plan("status", status, path=path, times=0)
        with pytest.raises(ApiFailure):
            writer.apply(operation)
        ground.sandbox.faults.clear()
        assert line.quantity == change.seen_quantity
    assert writer.verify(operation).effect == "not_applied"


def test_the_missing_right_to_write_is_named(ground: Ground, line: Line) -> None:
    writer = writer_of(ground)
    (operation,) = writer.plan(change_of(line))
    ground.sandbox.faults.plan("status", 403, path=LINES)
    with pytest.raises(ApiFailure, match="edit:invoices"):
        writer.apply(operation)


def test_nothing_is_written_where_writing_is_off(ground: Ground, line: Line) -> None:
    change = change_of(line)
    writer = ground.connector().writer
    (operation,) = writer.plan(change)
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert {each.method for each in ground.sandbox.exchanges} == {"GET"}
    assert line.quantity == change.seen_quantity


def test_the_sandbox_makes_a_new_line_where_an_id_is_missing_as_halo_does(ground: Ground, line: Line) -> None:
    """Why nothing is ever sent without an id: the trap is there, and no operation falls into it."""
    known = len(ground.town.estate.lines)
    http = ground.connector(may_write=True).api
    http.write("POST", LINES, [{"ihid": shapes.header_id(line.agreement_id), "qty_order": 4}])
    assert len(ground.town.estate.lines) == known + 1
    ground.town.remove(ground.town.estate.lines[-1])
    (operation,) = writer_of(ground).plan(change_of(line))
    writer_of(ground).apply(operation)
    assert len(ground.town.estate.lines) == known
