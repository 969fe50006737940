"""Writing into ConnectWise PSA: by addition, once, with dates that keep the history, and refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.sandbox.estate.world import Agreement, Line
from connectors.sandbox.vendors.connectwise import shapes
from connectors.vendors.connectwise.about import ADD, EDIT
from connectors.vendors.connectwise.planning import BEGIN, END, REPLACE
from connectors.wire import Patience
from connectors.writing import AnswerLost, Change, Operation, WriteRefused
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground
from tests.connectors.vendors.connectwise.test_connectwise import BASE, OURS, SPEC

CONNECTOR = "connectwise"
ONCE = Patience(attempts=1, answer_s=5, circuit_failures=500)
ONE_DAY = timedelta(days=1)


def _line(ground: Ground) -> Line:
    """A line that runs on a running monthly agreement, begun before this month."""
    town = ground.town
    return next(
        line
        for line in town.estate.lines
        if line.cancelled_on is None
        and line.billing_cycle == "monthly"
        and line.effective_on < town.estate.as_of - timedelta(days=40)
        and line.included == 0
        and town.index.agreements.by_id[line.agreement_id].cancelled_on is None
    )


def _mid_period(ground: Ground) -> Line:
    """The same in mid-month, on an agreement that prorates."""
    while ground.town.estate.as_of.day in (1, 31):
        ground.town.pass_midnight()
    line = _line(ground)
    ground.server.prorating = {line.agreement_id}
    return line


def _change(line: Line, by: Decimal | int = 3, **more: Any) -> Change:
    given = {
        "line_external_id": line.id,
        "agreement_external_id": line.agreement_id,
        "quantity": line.quantity + by,
        "seen_quantity": line.quantity,
        "seen_version": f"{line.changed_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return Change(**{**given, **more})


def _writer(ground: Ground, **wire: Any) -> Any:
    return ground.connector(may_write=True, **wire).writer


def _agreement(ground: Ground, line: Line) -> Agreement:
    return ground.town.index.agreements.by_id[line.agreement_id]


def _next(ground: Ground, line: Line) -> date:
    return shapes.invoice_dates(_agreement(ground, line), ground.town.estate.as_of)[1]


@pytest.fixture(autouse=True)
def _nothing_prorates(ground: Ground) -> None:
    ground.server.prorating = set()


def _sent(ground: Ground) -> list[str]:
    return [each.method for each in ground.sandbox.exchanges if each.method != "GET"]


@pytest.mark.parametrize("by", [3, Decimal("0.5")])
def test_a_quantity_is_replaced_once_read_back_and_taken_back(ground: Ground, by: Decimal | int) -> None:
    line, writer = _line(ground), _writer(ground)
    before = line.quantity
    change = _change(line, by)
    (operation,) = writer.plan(change)
    assert operation.kind == REPLACE
    ground.sandbox.keeps = True
    receipt = writer.apply(operation)
    assert receipt.quantity == change.quantity == line.quantity
    assert _sent(ground) == ["PATCH"]
    assert writer.verify(operation).effect == "applied"
    assert writer.plan(change) == ()
    with pytest.raises(WriteRefused, match="changed since this was planned"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    writer.apply(back)
    assert line.quantity == before
    conformance = Conformance(SPEC, BASE, ours=OURS)
    assert conformance.problems(each for each in ground.sandbox.exchanges if "fields=" not in each.query) == []


def test_another_addition_of_the_same_product_is_left_alone(ground: Ground) -> None:
    line = _line(ground)
    twin = ground.town.add(replace(line, id=ground.town.new_id("line"), quantity=Decimal(40)))
    writer = _writer(ground)
    (operation,) = writer.plan(_change(line))
    writer.apply(operation)
    assert twin.quantity == 40
    other = next(each for each in ground.town.estate.agreements if each.id != line.agreement_id)
    with pytest.raises(WriteRefused) as refused:
        writer.plan(_change(line, agreement_external_id=other.id))
    assert refused.value.kind == "not_found"
    ground.town.remove(twin)


def test_what_the_next_invoice_takes_is_said(ground: Ground) -> None:
    line, writer = _line(ground), _writer(ground)
    (operation,) = writer.plan(_change(line))
    assert any(f"bills from the invoice of {_next(ground, line)}" in said for said in operation.warnings)
    (operation,) = writer.plan(_change(line, effective_date=_next(ground, line)))
    assert operation.warnings == ()
    (operation,) = writer.plan(_change(line, -line.quantity))
    assert any("quantity 0" in said for said in operation.warnings)
    ground.town.change(line, included=line.quantity + 2)
    (operation,) = writer.plan(_change(line, 1))
    assert any("included in the fee" in said for said in operation.warnings)
    ground.town.change(line, included=Decimal(0))


@pytest.mark.parametrize("what", ["quantity", "version", "date"])
def test_what_moved_since_the_review_or_the_plan_is_not_written(ground: Ground, what: str) -> None:
    line, writer = _line(ground), _writer(ground)
    change = _change(line)
    (operation,) = writer.plan(change)
    if what == "quantity":
        ground.town.change(line, quantity=line.quantity + 1)
    elif what == "version":
        ground.town.change(line, unit_price=line.unit_price + 1)
    else:
        ground.town.change(line, cancelled_on=ground.town.estate.as_of + timedelta(days=90))
    ground.sandbox.keeps = True
    for attempt in (lambda: writer.plan(change), lambda: writer.apply(operation)):
        with pytest.raises(WriteRefused) as refused:
            attempt()
        assert refused.value.kind == "moved"
    assert _sent(ground) == []
    ground.town.change(line, cancelled_on=None)


def test_an_invoice_made_since_the_plan_stops_it(ground: Ground) -> None:
    line, writer = _line(ground), _writer(ground)
    (operation,) = writer.plan(_change(line))
    month = ground.town.estate.as_of.month
    while ground.town.estate.as_of.month == month:
        ground.town.pass_midnight()
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "posted"
    assert writer.verify(operation).effect == "not_applied"


def test_what_has_ended_or_is_past_is_refused(ground: Ground) -> None:
    line, writer, today = _line(ground), _writer(ground), ground.town.estate.as_of
    parent = _agreement(ground, line)

    def kind(**more: Any) -> str:
        with pytest.raises(WriteRefused) as refused:
            writer.plan(_change(line, **more))
        return refused.value.kind

    assert kind(effective_date=today - ONE_DAY) == "posted"
    assert kind(by=-line.quantity - 1) == "unsupported"
    ground.town.change(line, cancelled_on=today + timedelta(days=9))
    assert kind(effective_date=today + timedelta(days=9)) == "date"
    ground.town.change(line, cancelled_on=today)
    assert kind() == "ended"
    ground.town.change(line, cancelled_on=None)
    ground.town.change(parent, cancelled_on=today)
    assert kind() == "ended"
    ground.town.change(parent, cancelled_on=None)
    for more in ({"line_external_id": "999999"}, {"agreement_external_id": "999999"}, {"agreement_external_id": ""}):
        assert kind(**more) == "not_found"


def test_in_mid_period_of_a_prorating_agreement_dates_keep_the_history(ground: Ground) -> None:
    line = _mid_period(ground)
    before, today, writer = line.quantity, ground.town.estate.as_of, _writer(ground)
    begin, end = writer.plan(_change(line))
    assert (begin.kind, end.kind) == (BEGIN, END)
    assert any("Check the next invoice" in said for said in begin.warnings)
    with pytest.raises(WriteRefused, match="not there"):
        writer.apply(end)
    ground.sandbox.keeps = True
    receipt = writer.apply(begin)
    made = ground.town.index.lines.by_id[receipt.reference]
    assert (receipt.quantity, made.quantity, made.effective_on) == (before + 3, before + 3, today)
    assert (made.product_code, made.unit_price, made.unit_cost) == (line.product_code, line.unit_price, line.unit_cost)
    assert (made.taxable, made.included, made.cancelled_on) == (line.taxable, line.included, None)
    with pytest.raises(WriteRefused, match="other additions"):
        writer.apply(begin)
    ended = writer.apply(end)
    assert (ended.quantity, line.cancelled_on, line.quantity) == (0, today, before)
    assert [writer.verify(each).effect for each in (begin, end)] == ["applied", "applied"]
    assert _sent(ground) == ["POST", "PATCH"]
    with pytest.raises(WriteRefused) as refused:
        writer.inverse(ended)
    assert refused.value.kind == "unsupported"
    (back,) = writer.plan(writer.inverse(receipt))
    assert back.kind == REPLACE
    writer.apply(back)
    assert made.quantity == before
    conformance = Conformance(SPEC, BASE, ours=OURS)
    assert conformance.problems(ground.sandbox.exchanges) == []


def test_a_new_addition_carries_over_what_the_old_one_has(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """And can be stored as JSON between plan and write, as an operation is."""
    line = _mid_period(ground)
    custom = [{"id": 5, "caption": "Site", "type": "Text", "entryMethod": "EntryField", "value": "Quay"}]
    more = {
        "customFields": [*custom, {"id": 6, "caption": "Rate", "type": "Number", "value": 1.5}],
        "invoiceDescription": "Per workstation",
        "invoiceGrouping": {"id": 4, "name": "Devices"},
        "sequenceNumber": 2.5,
    }
    made = shapes.addition
    monkeypatch.setattr(shapes, "addition", lambda *given: {**made(*given), **more})
    writer = _writer(ground)
    begin, _end = writer.plan(_change(line))
    ground.sandbox.keeps = True
    writer.apply(replace(begin, payload=json.loads(json.dumps(begin.payload))))
    (sent,) = (json.loads(each.request_body) for each in ground.sandbox.exchanges if each.method == "POST")
    assert {key: sent[key] for key in more} == {**more, "invoiceGrouping": {"id": 4}}
    assert not {"id", "agreementId", "billedQuantity", "extPrice", "extCost", "_info"} & set(sent)
    assert (sent["quantity"], sent["unitPrice"]) == (line.quantity + 3, float(line.unit_price))


def test_dates_decide_between_replacing_and_beginning_anew(ground: Ground) -> None:
    line, writer = _mid_period(ground), _writer(ground)
    today, first = ground.town.estate.as_of, _next(ground, line)
    kinds = {
        day: [each.kind for each in writer.plan(_change(line, effective_date=day))]
        for day in (today, first - ONE_DAY, first, first + ONE_DAY)
    }
    both = [BEGIN, END]
    assert kinds == {today: both, first - ONE_DAY: both, first: [REPLACE], first + ONE_DAY: both}
    ground.server.prorating = set()
    kinds = {
        day: [each.kind for each in writer.plan(_change(line, effective_date=day))]
        for day in (today, first, first + ONE_DAY)
    }
    assert kinds == {today: [REPLACE], first: [REPLACE], first + ONE_DAY: both}
    (begin, _end) = writer.plan(_change(line, effective_date=first + ONE_DAY))
    assert "does not prorate" in begin.warnings[0]


def _prepared(ground: Ground, kind: str) -> tuple[Any, Operation, Line]:
    """An operation that is ready to be applied."""
    line = _line(ground) if kind == REPLACE else _mid_period(ground)
    writer = _writer(ground, patience=ONCE)
    operations = writer.plan(_change(line))
    if kind == END:
        writer.apply(operations[0])
    return writer, operations[1 if kind == END else 0], line


def _is_there(ground: Ground, operation: Operation, line: Line) -> bool:
    """Whether the estate has it."""
    if operation.kind == REPLACE:
        return line.quantity == operation.after
    if operation.kind == END:
        return line.cancelled_on == operation.effective_date
    known = operation.marks["fellows"].split(",")
    return any(each.id not in known for each in ground.town.index.additions.of(line.agreement_id))


@pytest.mark.parametrize("fault", ["cut", "reset", "html", "empty", "status"])
@pytest.mark.parametrize("kind", [REPLACE, BEGIN, END])
def test_an_answer_lost_at_any_point_is_found_out_by_reading(ground: Ground, kind: str, fault: str) -> None:
    points = 0
    while True:
        writer, operation, line = _prepared(ground, kind)
        ground.sandbox.exchanges.clear()
        ground.sandbox.keeps = True
        ground.sandbox.faults.plan(fault, 502 if fault == "status" else "", after=points)
        try:
            writer.apply(operation)
        except AnswerLost:
            pass
        except ApiFailure:
            assert _sent(ground) == [], "a failure that is no lost answer means that nothing was written"
        hits = ground.sandbox.faults.hits
        ground.sandbox.faults.clear()
        assert len(_sent(ground)) <= 1
        assert writer.verify(operation).effect == ("applied" if _is_there(ground, operation, line) else "not_applied")
        points += 1
        if not hits:
            break
    assert points >= 5, "every request was lost once"


@pytest.mark.parametrize(("kind", "right"), [(REPLACE, EDIT), (BEGIN, ADD), (END, EDIT)])
def test_a_refused_write_names_its_right(ground: Ground, kind: str, right: str) -> None:
    writer, operation, line = _prepared(ground, kind)
    ground.sandbox.faults.plan("status", 403, after=3 if kind != REPLACE else 2)
    with pytest.raises(ApiFailure, match=f"lacks “{right}”"):
        writer.apply(operation)
    assert not _is_there(ground, operation, line)


def test_somebody_elses_change_is_seen_by_reading(ground: Ground) -> None:
    for kind in (REPLACE, BEGIN, END):
        writer, operation, line = _prepared(ground, kind)
        if kind == BEGIN:
            writer.apply(operation)
            known = operation.marks["fellows"].split(",")
            line = next(each for each in ground.town.index.additions.of(line.agreement_id) if each.id not in known)
        ground.town.change(line, quantity=line.quantity + 17)
        assert writer.verify(operation).effect == "moved", kind


def test_an_addition_in_use_is_left_alone(ground: Ground) -> None:
    writer, operation, line = _prepared(ground, REPLACE)
    ground.sandbox.faults.plan("status", 409, after=2)
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "moved"
    assert line.quantity == operation.before


def test_what_connectwise_says_of_a_field_is_passed_on(ground: Ground) -> None:
    writer, operation, _held = _prepared(ground, BEGIN)
    wrong = replace(operation, payload={**operation.payload, "product": {"id": "77"}})
    with pytest.raises(ApiFailure, match="product/id is not known"):
        writer.apply(wrong)


@pytest.mark.parametrize("kind", [REPLACE, BEGIN])
def test_nothing_is_written_where_writing_is_off(ground: Ground, kind: str) -> None:
    line = _line(ground) if kind == REPLACE else _mid_period(ground)
    writer = ground.connector().writer
    operation = writer.plan(_change(line))[0]
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert _sent(ground) == []
