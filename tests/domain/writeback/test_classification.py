"""What a change comes to, and what the PSAs' remarks are about: warnings must not sleep in a list of remarks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.writing import Operation
from rcx_app.domain.writeback import money, planning
from rcx_app.models import Line, LineChange

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("2026-11-20 is inside a period: Autotask splits it and prorates both parts.", "proration"),
        ("ConnectWise charges the days from 2026-11-20 and credits those of the old addition.", "proration"),
        ("This line is set up for pro rata: Halo may add rows for the running period by itself.", "proration"),
        ("2026-11-20 is no bill date: SuperOps prorates the period.", "proration"),
        ("It bills from the invoice of 2026-12-01; Syncro does not prorate.", "psa"),
        ("The agreement does not prorate: the new quantity bills from the first invoice.", "psa"),
        ("The running period is invoiced already: the change bills from the invoice of 2026-12-01.", "posted"),
        ("Until 2026-12-01 it stays as it is: the running period is approved and posted.", "posted"),
        ("The invoice of 2026-11-01 is out and stays as it is.", "posted"),
        ("The addition is marked NoCharge: its quantity changes no invoice.", "psa"),
    ],
)
def test_remarks_of_the_psas_are_told_apart(said: str, code: str) -> None:
    assert planning._code(said) == code


def a_line(cycle: str = "monthly", price: str | None = "20") -> Line:
    return Line(
        workspace_id=1, connection_id=1, external_id="1", client_id=1, agreement_id=1, currency="USD",
        quantity=Decimal(10), unit_price=None if price is None else Decimal(price), billing_cycle=cycle,
    )  # fmt: skip


def a_change(day: date | None = None, *warnings: str) -> LineChange:
    return LineChange(
        workspace_id=1, change_set_id=1, line_id=1, line_external_id="1", agreement_external_id="1",
        old_quantity=Decimal(10), quantity=Decimal(13), effective_date=day,
        warnings=[{"code": each, "text": ""} for each in warnings],
    )  # fmt: skip


def an_operation(next_invoice: str) -> Operation:
    return Operation(
        kind="connectwise.addition.quantity", line_external_id="1", agreement_external_id="1", before=Decimal(10),
        after=Decimal(13), marks={"next_invoice": next_invoice},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "change", "next_invoice", "expected"),
    [
        (a_line(), a_change(), "2026-11-25", ("60", "60")),
        (a_line(), a_change(), "2026-12-01", ("0", "60")),
        (a_line(), a_change(date(2026, 12, 1)), "2026-11-25", ("0", "60")),
        # 3 units of 20.00 for the 11 days from the 20th on, of 30.
        (a_line(), a_change(TODAY, "proration"), "2026-12-01", ("22.00", "60")),
        (a_line("annual", "240"), a_change(), "2027-01-01", (None, "720")),
        (a_line(price=None), a_change(), "2026-11-25", (None, None)),
    ],
)
def test_what_a_change_comes_to_this_month_and_then(
    line: Line, change: LineChange, next_invoice: str, expected: tuple[str | None, str | None]
) -> None:
    found = money.of(line, change, [an_operation(next_invoice)], TODAY)
    assert found == tuple(None if each is None else Decimal(each) for each in expected)
