"""What the PSA and the distributors have invoiced: true to its day, to the cent, and never changed afterwards."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.estate import Estate, Town, advance, build, charges, invoices
from connectors.sandbox.estate.purchases import month_end

AS_OF = date(2026, 11, 20)
CENT = Decimal("0.01")
DISTRIBUTORS = ("Pax8", "Partner Center")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@pytest.fixture(scope="module")
def estate() -> Estate:
    return build(7, as_of=AS_OF)


def test_invoices_add_up_and_are_numbered_once(estate: Estate) -> None:
    found = list(invoices(estate, 12))
    agreements = {agreement.id: agreement for agreement in estate.agreements}
    assert len({invoice.number for invoice in found}) == len(found)
    assert [invoice.issued_on for invoice in found] == sorted(invoice.issued_on for invoice in found)
    assert {invoice.issued_on for invoice in found} == {
        date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12))
    }  # fmt: skip
    for invoice in found:
        agreement = agreements[invoice.agreement_id]
        assert (invoice.client_id, invoice.currency) == (agreement.client_id, agreement.currency)
        assert invoice.total == sum(line.amount for line in invoice.lines)
        for line in invoice.lines:
            exact = (line.quantity - line.included) * line.unit_price
            assert abs(line.amount - exact) <= CENT / 2
            assert line.amount == line.amount.quantize(CENT)
    annual = Counter(x.agreement_id for x in found if agreements[x.agreement_id].billing_cycle == "annual")
    assert annual
    assert set(annual.values()) == {1}


def test_the_latest_invoices_bill_the_lines_of_their_day(estate: Estate) -> None:
    first = date(2026, 11, 1)
    billed = {line.line_id: line for invoice in invoices(estate, 1) for line in invoice.lines}
    monthly = [line for line in estate.lines if line.billing_cycle == "monthly"]
    assert {line.id for line in monthly if line.is_active(first)} == {x for x in billed if x in {y.id for y in monthly}}
    stable = [line for line in monthly if line.id in billed and line.changed_at < midnight(first)]
    assert stable
    assert all((billed[x.id].quantity, billed[x.id].unit_price) == (x.quantity, x.unit_price) for x in stable)


def test_months_before_the_latest_change_show_the_quantity_of_then(estate: Estate) -> None:
    lines = {line.id: line for line in estate.lines if line.billing_cycle == "monthly"}
    older = 0
    for invoice in invoices(estate, 12):
        for billed in invoice.lines:
            line, history = lines.get(billed.line_id), estate.history.get(("line", billed.line_id))
            if line is None or history is None:
                continue
            was = history[0]
            changed = midnight(invoice.issued_on) > was.until
            assert billed.quantity == (line.quantity if changed else was.state.quantity)
            older += not changed
    assert older > 50


def test_amounts_are_rounded_half_up_on_the_line() -> None:
    town = Town(build(7, 12, 300, as_of=AS_OF))
    line = next(x for x in town.estate.lines if x.is_active(AS_OF) and x.billing_cycle == "monthly" and not x.included)
    town.change(line, quantity=Decimal("0.5"), unit_price=Decimal("10.01"))
    advance(town, 15)
    (billed,) = [x for invoice in invoices(town.estate, 1) for x in invoice.lines if x.line_id == line.id]
    assert billed.amount == Decimal("5.01")


def test_a_cancelled_agreement_is_invoiced_no_more() -> None:
    town = Town(build(7, 12, 300, as_of=AS_OF))
    agreement = next(item for item in town.estate.agreements if item.billing_cycle == "monthly")
    town.change(agreement, cancelled_on=AS_OF)
    for _ in range(31):
        town.pass_midnight()
    dates = [invoice.issued_on for invoice in invoices(town.estate, 3) if invoice.agreement_id == agreement.id]
    assert dates == [date(2026, 10, 1), date(2026, 11, 1)]


def test_what_was_removed_is_charged_to_its_last_day() -> None:
    town = Town(build(7, as_of=AS_OF))
    bought = [item for item in town.estate.subscriptions if item.billing == "Monthly" and item.status == "active"]
    item = next(x for x in bought if x.integration == "Partner Center" and x.started_on < date(2026, 10, 1))
    agreement = next(x for x in town.estate.agreements if x.billing_cycle == "monthly")
    town.change(item, quantity=Decimal(30), unit_cost=Decimal("3.00"))
    for _ in range(12):
        town.pass_midnight()
    town.remove(item)
    town.remove(agreement)
    for _ in range(40):
        town.pass_midnight()
    charged = [x for x in charges(town.estate, item.integration, 1) if x.subscription_id == item.id]
    # Removed on 2 December: 30 of 31 days were paid for and not used.
    assert [(x.kind, x.quantity, x.amount) for x in charged] == [("proration", -30, Decimal("-87.10"))]
    months = [x.issued_on.month for x in invoices(town.estate, 3) if x.agreement_id == agreement.id]
    assert months == [11, 12]


@given(seed=st.integers(0, 1000), days=st.integers(1, 60), as_of=st.dates(date(2024, 1, 1), date(2028, 12, 31)))
@settings(max_examples=15, deadline=None)
def test_what_was_issued_never_changes(seed: int, days: int, as_of: date) -> None:
    town = Town(build(seed, 8, 260, as_of=as_of))
    bills = {bill.id: bill for bill in invoices(town.estate, 6)}
    charged = {x.id: x for name in DISTRIBUTORS for x in charges(town.estate, name, 6)}
    for line in town.estate.lines[::3]:
        town.change(line, quantity=line.quantity + 1)
    town.remove(town.estate.subscriptions[0])
    town.remove(town.estate.agreements[0])
    advance(town, days)
    later = {bill.id: bill for bill in invoices(town.estate, 10)}
    assert bills == {key: later[key] for key in bills}
    every = [x for name in DISTRIBUTORS for x in charges(town.estate, name, 10)]
    assert len({x.id for x in every}) == len(every)
    assert charged == {key: x for x in every if (key := x.id) in charged}


@pytest.mark.parametrize("integration", DISTRIBUTORS)
def test_a_month_of_charges_is_its_days(integration: str) -> None:
    """Cycle, prorations, credit and rebill of a month come to the seats of each day, within rounding."""
    town = Town(build(7, as_of=AS_OF))
    live: dict[date, dict[str, Decimal]] = {}
    while town.estate.as_of < date(2027, 3, 9):
        day = town.estate.as_of
        advance(town)
        live[day] = {
            item.id: item.quantity
            for item in town.estate.subscriptions
            if item.integration == integration and item.status == "active"
        }
    items = {item.id: item for item in town.estate.subscriptions if item.integration == integration}
    paid: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    parts: Counter[tuple[str, date]] = Counter()
    for charge in charges(town.estate, integration, 6):
        key = (charge.subscription_id, charge.period_start.replace(day=1))
        paid[key] += charge.amount
        parts[key] += 1
    checked = 0
    for month in (date(2026, 12, 1), date(2027, 1, 1)):
        days = [month + timedelta(days=number) for number in range(month_end(month).day)]
        for item in items.values():
            costs = {x.state.unit_cost for x in town.estate.history.get(("subscription", item.id), ()) if x.state}
            if item.billing != "Monthly" or costs - {item.unit_cost}:
                continue
            exact = sum(live[day].get(item.id, Decimal(0)) for day in days) * item.unit_cost / len(days)
            assert abs(paid[item.id, month] - exact) <= parts[item.id, month] * CENT / 2, item
            checked += 1
    assert checked > 20


@pytest.mark.parametrize("integration", DISTRIBUTORS)
def test_a_wrong_price_is_credited_in_full_and_billed_again(integration: str, estate: Estate) -> None:
    found = list(charges(estate, integration, 12))
    by_id = {charge.id: charge for charge in found}
    assert {charge.kind for charge in found} == {"cycle", "proration", "credit", "rebill"}
    credits_ = [charge for charge in found if charge.kind == "credit" and charge.corrects in by_id]
    assert credits_
    for credit in credits_:
        wrong = by_id[credit.corrects]
        (rebill,) = (x for x in found if x.kind == "rebill" and x.corrects == wrong.id)
        assert (credit.quantity, credit.amount) == (-wrong.quantity, -wrong.amount)
        assert (credit.period_start, credit.period_end) == (wrong.period_start, wrong.period_end)
        assert rebill.unit_cost < wrong.unit_cost
        assert rebill.amount == (rebill.quantity * rebill.unit_cost).quantize(CENT)
        assert wrong.issued_on < credit.issued_on == rebill.issued_on


def test_a_change_in_mid_month_is_prorated_to_the_day() -> None:
    town = Town(build(7, as_of=AS_OF))
    monthly = [x for x in town.estate.subscriptions if x.integration == "Pax8" and x.billing == "Monthly"]
    item = next(x for x in monthly if x.status == "active")
    town.change(item, quantity=item.quantity + 6, unit_cost=Decimal("2.90"))
    for _ in range(15):
        town.pass_midnight()
    (charge,) = (
        x
        for x in charges(town.estate, "Pax8", 1)
        if x.subscription_id == item.id and x.kind == "proration" and x.period_start == AS_OF
    )
    # 20 to 30 November: 11 of 30 days.
    assert (charge.quantity, charge.period_end, charge.issued_on) == (6, date(2026, 11, 30), date(2026, 12, 4))
    assert charge.amount == Decimal("6.38")


def test_only_distributors_charge(estate: Estate) -> None:
    with pytest.raises(KeyError):
        next(charges(estate, "NinjaOne"))


@pytest.mark.parametrize("view", [invoices, lambda estate, months: charges(estate, "Pax8", months)])
def test_four_years_are_never_held_at_once(view: Callable[[Estate, int], Iterator[object]], estate: Estate) -> None:
    def peak(keep: list[object] | None) -> int:
        tracemalloc.start()
        for item in view(estate, 48):
            if keep is not None:
                keep.append(item)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(None) < peak([]) / 5
