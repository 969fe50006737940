"""Writing into Syncro: a line's quantity and nothing else of it, once, from the next invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.sandbox.estate.world import Line
from connectors.vendors.syncro.about import EDIT
from connectors.wire import Patience
from connectors.writing import AnswerLost, Change, WriteRefused
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground
from tests.connectors.vendors.syncro.test_syncro import BASE, SPEC

CONNECTOR = "syncro"
ONCE = Patience(attempts=1, answer_s=5, circuit_failures=500)
ONE_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _as_usual(ground: Ground) -> None:
    ground.server.counted, ground.server.once = set(), set()


def _line(ground: Ground) -> Line:
    town = ground.town
    return next(
        line
        for line in town.estate.lines
        if line.cancelled_on is None
        and line.billing_cycle == "monthly"
        and line.is_active(town.estate.as_of)
        and line.taxable
        and town.index.agreements.by_id[line.agreement_id].cancelled_on is None
    )


def _change(ground: Ground, line: Line, by: Decimal | int = 3, **more: Any) -> Change:
    record = ground.read("lines")[line.id]
    given = {
        "line_external_id": line.id,
        "agreement_external_id": line.agreement_id,
        "quantity": line.quantity + by,
        "seen_quantity": line.quantity,
        "seen_version": record.attributes["version"],
    }
    return Change(**{**given, **more})


def _writer(ground: Ground, **wire: Any) -> Any:
    return ground.connector(may_write=True, **wire).writer


def _sent(ground: Ground) -> list[str]:
    return [each.method for each in ground.sandbox.exchanges if each.method != "GET"]


@pytest.mark.parametrize("by", [4, Decimal("1.25")])
def test_a_quantity_is_replaced_once_and_nothing_else_of_the_line(ground: Ground, by: Decimal | int) -> None:
    line, connector = _line(ground), ground.connector(may_write=True)
    writer = connector.writer
    before, price, taxable = line.quantity, line.unit_price, line.taxable
    change = _change(ground, line, by)
    (operation,) = writer.plan(change)
    assert "does not prorate" in operation.warnings[0]
    ground.sandbox.keeps = True
    receipt = writer.apply(operation)
    assert receipt.quantity == change.quantity == line.quantity
    assert (line.unit_price, line.taxable) == (price, taxable)
    assert taxable, "the flag that Syncro resets where it is left out"
    assert connector.wire.notes() == (), "nothing else of the line moved"
    assert _sent(ground) == ["PUT"]
    assert writer.verify(operation).effect == "applied"
    assert writer.plan(change) == ()
    with pytest.raises(WriteRefused, match="changed since this was planned"):
        writer.apply(operation)
    (back,) = writer.plan(writer.inverse(receipt))
    writer.apply(back)
    assert line.quantity == before
    assert Conformance(SPEC, BASE).problems(ground.sandbox.exchanges) == []


@pytest.mark.parametrize("what", ["quantity", "price"])
def test_what_moved_since_the_review_or_the_plan_is_not_written(ground: Ground, what: str) -> None:
    line, writer = _line(ground), _writer(ground)
    change = _change(ground, line)
    (operation,) = writer.plan(change)
    if what == "quantity":
        ground.town.change(line, quantity=line.quantity + 1)
    else:
        ground.town.change(line, unit_price=line.unit_price + 1)
    ground.sandbox.keeps = True
    for attempt in (lambda: writer.plan(change), lambda: writer.apply(operation)):
        with pytest.raises(WriteRefused) as refused:
            attempt()
        assert refused.value.kind == "moved"
    assert _sent(ground) == []


def test_what_syncro_does_not_take_is_refused_before_it_is_sent(ground: Ground) -> None:
    line, writer, today = _line(ground), _writer(ground), ground.town.estate.as_of
    parent = ground.town.index.agreements.by_id[line.agreement_id]

    def kind(**more: Any) -> str:
        with pytest.raises(WriteRefused) as refused:
            writer.plan(_change(ground, line, **more))
        return refused.value.kind

    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert writer.plan(_change(ground, line, effective_date=first))
    assert kind(effective_date=first + ONE_DAY) == "date"
    assert kind(effective_date=today - ONE_DAY) == "date"
    assert kind(by=-line.quantity - 1) == "unsupported"
    assert "quantity 0" in writer.plan(_change(ground, line, -line.quantity))[0].warnings[1]
    ground.server.counted = {line.id}
    assert kind() == "calculated"
    ground.server.counted, ground.server.once = set(), {line.id}
    assert kind() == "unsupported"
    ground.server.once = set()
    change = _change(ground, line)
    ground.town.change(parent, cancelled_on=today)
    with pytest.raises(WriteRefused) as refused:
        writer.plan(change)
    assert refused.value.kind == "ended"
    ground.town.change(parent, cancelled_on=None)
    for more in ({"line_external_id": "1"}, {"agreement_external_id": "1"}, {"agreement_external_id": ""}):
        assert kind(**more) == "not_found"


def test_an_invoice_made_since_the_plan_stops_it(ground: Ground) -> None:
    line, writer = _line(ground), _writer(ground)
    (operation,) = writer.plan(_change(ground, line))
    month = ground.town.estate.as_of.month
    while ground.town.estate.as_of.month == month:
        ground.town.pass_midnight()
    with pytest.raises(WriteRefused) as refused:
        writer.apply(operation)
    assert refused.value.kind == "posted"


@pytest.mark.parametrize("fault", ["cut", "reset", "html", "empty", "status"])
def test_an_answer_lost_at_any_point_is_found_out_by_reading(ground: Ground, fault: str) -> None:
    for point in range(4):
        line, writer = _line(ground), _writer(ground, patience=ONCE)
        (operation,) = writer.plan(_change(ground, line))
        ground.sandbox.exchanges.clear()
        ground.sandbox.keeps = True
        ground.sandbox.faults.plan(fault, 503 if fault == "status" else "", after=point)
        try:
            writer.apply(operation)
            assert point == 3 or (point == 1 and fault in ("html", "empty")), "nobody reads the answer of a PUT"
        except AnswerLost:
            assert point in (1, 2)
        except ApiFailure:
            assert point == 0
            assert _sent(ground) == []
        ground.sandbox.faults.clear()
        assert len(_sent(ground)) <= 1
        assert writer.verify(operation).effect == ("applied" if line.quantity == operation.after else "not_applied")


def test_a_refused_write_names_its_right_and_passes_on_what_was_said(ground: Ground) -> None:
    line, writer = _line(ground), _writer(ground)
    (operation,) = writer.plan(_change(ground, line))
    ground.sandbox.faults.plan("status", 403, after=1)
    with pytest.raises(ApiFailure, match=f"lacks “{EDIT}”"):
        writer.apply(operation)
    nameless = replace(operation, payload={**operation.payload, "name": ""})
    with pytest.raises(ApiFailure, match="Name can't be blank"):
        writer.apply(nameless)
    assert line.quantity == operation.before


def test_somebody_elses_change_is_seen_by_reading(ground: Ground) -> None:
    line, writer = _line(ground), _writer(ground)
    (operation,) = writer.plan(_change(ground, line))
    ground.town.change(line, quantity=line.quantity + 17)
    assert writer.verify(operation).effect == "moved"


def test_nothing_is_written_where_writing_is_off(ground: Ground) -> None:
    line, writer = _line(ground), ground.connector().writer
    (operation,) = writer.plan(_change(ground, line))
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        writer.apply(operation)
    assert failed.value.kind == "read_only"
    assert _sent(ground) == []
