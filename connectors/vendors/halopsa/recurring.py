"""Recurring invoices and their lines as agreements and lines: periods, dates, what is free, what Halo calculates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

from connectors.http.rows import Row
from connectors.records import Agreement, Line
from connectors.vendors.halopsa.lists import count_lists, is_calculated

_NEVER = 1900
"""Halo writes 1900-01-01 where there is no date."""
_LONG_AGO = date(1970, 1, 1)
_BILLED = ("qty_order", "unit_price", "baseprice", "discount_perc")
_CYCLES = (
    (re.compile(r"quarter|3 month", re.IGNORECASE), "quarterly"),
    (re.compile(r"month", re.IGNORECASE), "monthly"),
    (re.compile(r"year|annual", re.IGNORECASE), "annual"),
)
_GAPS = (("monthly", 25, 35), ("quarterly", 85, 97), ("annual", 355, 375))
"""Days between two invoices of each cycle, give or take what moves them."""


def whole_id(row: Row, key: str) -> str:
    """An id as text. Halo sends some of them as 55.0."""
    text = row.need(key)
    return text.partition(".")[0] if re.fullmatch(r"-?\d+\.0+", text) else text


def day(row: Row, key: str) -> date | None:
    """A date, None where Halo means that there is none."""
    found = row.day(key)
    return None if found is None or found.year <= _NEVER else found


def agreement(header: Row) -> Agreement:
    """A recurring invoice as the agreement. From `ends_on` none of its lines is billed."""
    number = whole_id(header, "id")
    cycle = _cycle(header)
    names = (header.text("reference"), header.text("contract_ref"), header.text("name"))
    return Agreement(
        external_id=number,
        client_external_id=whole_id(header, "client_id"),
        name=next(filter(None, names), f"Recurring invoice {number}"),
        billing_cycle=cycle or "monthly",
        starts_on=day(header, "startdate"),
        ends_on=_header_ends(header),
        attributes={**header.attributes({"id", "client_id"}), **({} if cycle else {"period_unknown": "true"})},
    )


def line(row: Row, header: Row, code: str, name: str, *, is_pending: bool) -> Line:
    """A line of a recurring invoice. `is_pending`: the invoice waits for approval.

    `qty_order` is what Halo bills, after the free units of a counted line; the gross quantity adds them again.
    """
    counted = count_lists(row)
    quantity = row.need_exact("qty_order")
    free = sum((entry.exact("qty_free") or Decimal(0) for entry in counted), Decimal(0))
    least = sum((entry.exact("minimum_qty") or Decimal(0) for entry in counted), Decimal(0))
    more = {"version": version(row), "minimum_quantity": str(least) if least else ""}
    if is_pending:
        more["approval_pending"] = "true"
    return Line(
        external_id=whole_id(row, "id"),
        client_external_id=whole_id(header, "client_id"),
        agreement_external_id=whole_id(header, "id"),
        product_code=code,
        product_name=name,
        quantity=quantity + free if quantity > 0 else quantity,
        included_quantity=free,
        unit_price=row.exact("unit_price"),
        unit_cost=row.exact("unit_cost"),
        currency=currency(header),
        effective_date=_begins(row, header, is_pending),
        cancelled_date=ends(row, header),
        billing_cycle="one_time" if row.flag("onetimecharge") else _cycle(header) or "monthly",
        is_calculated_by_psa=is_calculated(row),
        attributes={**row.attributes({"id", "ihid"}), **{key: value for key, value in more.items() if value}},
    )


def ends(row: Row, header: Row) -> date | None:
    """The first day on which the line is no longer billed. Halo's end dates are the last day that is."""
    ends_on = None if row.flag("autorenew") else day(row, "enddate")
    found = [each for each in (_day_after(ends_on), _header_ends(header)) if each is not None]
    end = min(found, default=None)
    if row.flag("isinactive") and (end is None or end > _today()):
        # Switched off, and Halo keeps no day of it: it counts as never billed rather than as billed until today.
        return day(row, "startdate") or day(header, "startdate") or _LONG_AGO
    return end


def version(row: Row) -> str:
    """A mark that changes with anything of the line that decides what is billed, and with nothing else."""
    numbers = [format((row.exact(key) or Decimal(0)).normalize(), "f") for key in _BILLED]
    dates = [str(day(row, key)) for key in ("startdate", "enddate")]
    texts = [row.text(key) for key in ("_itemid", "isinactive", "ihid")]
    return blake2b("|".join([*numbers, *dates, *texts]).encode(), digest_size=8).hexdigest()


def currency(header: Row) -> str:
    """The ISO code of a header's currency, "" where it has none (the money is in Halo's base currency)."""
    shown = (header.text("currency"), header.text("currency_code_name"))
    return next((text for text in shown if re.fullmatch(r"[A-Z]{3}", text)), "")


def _begins(row: Row, header: Row, is_pending: bool) -> date | None:
    start = day(row, "startdate") or day(header, "startdate")
    if is_pending and day(header, "lastcreated") is None:
        # Never invoiced and not approved: nothing is billed before the invoice that is planned.
        planned = day(header, "nextcreationdate") or _today() + timedelta(days=1)
        return max(start or planned, planned)
    return start


def _header_ends(header: Row) -> date | None:
    end = _day_after(day(header, "enddate"))
    if header.flag("disabled") and (end is None or end > _today()):
        return day(header, "startdate") or _LONG_AGO
    return end


def _cycle(header: Row) -> str:
    """By the period's name, else by the days between the last invoice and the next; "" where neither tells."""
    text = header.text("periodname")
    for pattern, cycle in _CYCLES:
        if pattern.search(text):
            return cycle
    last, following = day(header, "lastcreated"), day(header, "nextcreationdate")
    if last is None or following is None:
        return ""
    gap = (following - last).days
    return next((cycle for cycle, least, most in _GAPS if least <= gap <= most), "")


def _day_after(last: date | None) -> date | None:
    return None if last is None else last + timedelta(days=1)


def _today() -> date:
    return datetime.now(UTC).date()
