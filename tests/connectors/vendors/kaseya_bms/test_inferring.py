"""Kaseya BMS, inferring: which lines a contract has, from invoices alone, and what no invoice may be taken for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.http.rows import Row
from connectors.records import Line
from connectors.vendors.kaseya_bms.inferring import Contract, Issued, issued, keyed, lines
from connectors.wire import Wire

TODAY = date(2026, 5, 20)
CONTRACTS = {"9": Contract(date(2024, 1, 1), None)}
Rows = list[tuple[Row, Issued]]


def row(noun: str, **data: Any) -> Row:
    return Row(data, noun, "Kaseya BMS", Wire())


def month(number: int, **billed: Any) -> Rows:
    """An invoice of a whole month of 2026 with (name=quantity) rows."""
    begins = date(2026, number, 1)
    ends = date(2026, number + 1, 1) - timedelta(days=1)
    return invoice(number, begins, ends, billed.items())


def invoice(number: int, begins: date, ends: date | None, billed: Iterable[tuple[str, Any]], **more: Any) -> Rows:
    dates = {"InvoiceFrom": begins.isoformat(), "InvoiceTo": ends.isoformat()} if ends else {}
    of = issued(row("invoice", AccountId=4, InvoiceDate=begins.isoformat(), **dates), "USD")
    assert of is not None
    return [
        (
            row(
                "invoice line",
                **{
                    "Id": number * 100 + place,
                    "InvoiceId": number,
                    "ContractId": 9,
                    "Name": name,
                    "Qty": quantity,
                    "UnitPrice": Decimal("2.50"),
                    "TotalPrice": quantity * Decimal("2.50"),
                    **more,
                },
            ),
            of,
        )
        for place, (name, quantity) in enumerate(billed)
    ]


def inferred(*parts: Rows, contracts: dict[str, Contract] | None = None, today: date = TODAY) -> dict[str, Line]:
    billed = keyed(each for part in parts for each in part)
    return {line.external_id: line for line in lines(billed, CONTRACTS if contracts is None else contracts, today)}


def test_the_latest_whole_period_counts() -> None:
    found = inferred(month(3, Backup=5), month(5, Backup=8), month(4, Backup=6))
    line = found["9/Backup"]
    assert (line.quantity, line.client_external_id, line.billing_cycle) == (Decimal(8), "4", "monthly")
    assert (line.effective_date, line.cancelled_date) == (date(2024, 1, 1), None)
    assert line.attributes["inferred_from_period"] == "2026-05-01"


def test_what_came_later_began_with_its_first_invoice() -> None:
    assert inferred(month(3, Backup=5), month(4, Backup=5, Mail=2))["9/Mail"].effective_date == date(2026, 4, 1)


def test_what_the_contract_goes_on_without_has_ended() -> None:
    found = inferred(month(3, Backup=5, Mail=2), month(4, Backup=5), month(5, Backup=5))
    assert found["9/Mail"].cancelled_date == date(2026, 4, 1)
    assert found["9/Backup"].cancelled_date is None


def test_an_invoice_made_by_hand_changes_nothing_that_whole_periods_show() -> None:
    by_hand = invoice(77, date(2026, 5, 14), None, [("Backup", 1)])
    part = invoice(78, date(2026, 5, 12), date(2026, 5, 31), [("Backup", 2)])
    found = inferred(month(4, Backup=5, Mail=2), month(5, Backup=8, Mail=2), by_hand, part)
    assert found["9/Backup"].quantity == 8
    assert {line.cancelled_date for line in found.values()} == {None}


def test_what_was_only_ever_billed_by_hand_is_still_a_line() -> None:
    line = inferred(month(5, Backup=8), invoice(77, date(2026, 5, 14), None, [("Setup", 1)]))["9/Setup"]
    assert (line.quantity, line.effective_date) == (Decimal(1), date(2026, 5, 14))


def test_a_name_that_is_billed_twice_is_two_lines_that_keep_apart() -> None:
    twice = [("Backup", 5), ("Backup", 2)]
    months = [invoice(each, date(2026, each, 1), date(2026, each, 28), twice) for each in (4, 5)]
    found = inferred(*months)
    assert {key: line.quantity for key, line in found.items()} == {"9/Backup": 5, "9/Backup/2": 2}


def test_a_contract_that_is_billed_no_more_has_ended_with_its_last_period() -> None:
    assert inferred(month(2, Backup=5))["9/Backup"].cancelled_date == date(2026, 3, 1)
    assert inferred(month(2, Backup=5), today=date(2026, 4, 20))["9/Backup"].cancelled_date is None
    yearly = invoice(5, date(2025, 8, 1), date(2026, 7, 31), [("Domain", 3)])
    line = inferred(yearly)["9/Domain"]
    assert (line.billing_cycle, line.cancelled_date) == ("annual", None)


def test_a_contract_that_ends_ends_its_lines() -> None:
    over = {"9": Contract(date(2024, 1, 1), date(2026, 5, 11))}
    assert inferred(month(5, Backup=5), contracts=over)["9/Backup"].cancelled_date == date(2026, 5, 11)
    assert inferred(month(5, Backup=5), contracts={})["9/Backup"].cancelled_date is None


def test_work_and_what_belongs_to_no_contract_are_no_lines() -> None:
    labour = invoice(5, date(2026, 5, 1), date(2026, 5, 31), [("On-site", 3)], TypeName="Labor")
    loose = invoice(6, date(2026, 5, 1), date(2026, 5, 31), [("Cable", 3)], ContractId=0)
    assert inferred(labour, loose) == {}
    assert [each.key for each in keyed([*labour, *loose])] == ["", ""], "but they are rows of their invoices"


def test_rows_that_come_twice_and_in_any_order_change_nothing() -> None:
    parts = [month(3, Backup=5, Mail=2), month(4, Backup=6, Mail=3), month(5, Backup=7)]
    known = inferred(*parts)
    assert inferred(*reversed(parts)) == known


def test_an_invoice_without_any_date_is_none() -> None:
    assert issued(row("invoice", AccountId=4), "USD") is None
