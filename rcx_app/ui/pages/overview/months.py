"""The overview's chart of months: its bars, its words and its numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rcx_app.core.money import format_amount
from rcx_app.domain.reports.schemas import MonthRow
from rcx_app.ui.components.bars import Bars, Column, layout
from rcx_app.ui.pages.match_settings.rows import Line


def chart(rows: Sequence[MonthRow], code: str) -> Bars:
    """One currency's months."""
    mine = _of(rows, code)
    columns = [Column(f"{row.month:%b}", row.under, row.over, is_known=row.is_known) for row in mine]
    last = mine[-1] if mine else None
    ends = (format_amount(last.under, code), format_amount(last.over, code)) if last else ("", "")
    return layout(columns, end_up=ends[0], end_down=ends[1])


def said(rows: Sequence[MonthRow], code: str) -> tuple[str, list[Line]]:
    """What is seen in the chart, and its numbers, newest first."""
    mine = _of(rows, code)
    if not mine:
        return "", []
    last = mine[-1]
    label = (
        f"Calculated under- and over-billing at the end of each month, {mine[0].month:%B %Y} to {last.month:%B %Y}, in "
        f"{code} a month. Now {format_amount(last.under, code)} under and {format_amount(abs(last.over), code)} over."
    )
    lines = [
        Line([f"{row.month:%b %Y}", *(format_amount(each, code, signed=True) for each in (row.under, row.over))])
        if row.is_known
        else Line([f"{row.month:%b %Y}", "not reconciled", ""])
        for row in reversed(mine)
    ]
    return label, lines


def _of(rows: Sequence[MonthRow], code: str) -> list[MonthRow]:
    """One row a month in that currency; months without money of it say whether they were reconciled."""
    by_month: dict[date, MonthRow] = {}
    for row in rows:
        if row.currency == code:
            by_month[row.month] = row
        else:
            by_month.setdefault(row.month, MonthRow(row.month, code, row.is_known))
    return [by_month[month] for month in sorted(by_month)]
