"""Unit rows of the estate's lines: one for each billing period of the agreement, split where the quantity changed.

Adjustments that begin on a later day wait here until the estate reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.estate.town import Town
from connectors.sandbox.estate.world import Agreement, Line

DAY = timedelta(days=1)
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_BEGAN = date(2015, 1, 1)
_YEARS = 3
"""Contracts of Autotask always end: the sandbox's run to the end of a third year from their start, again and again."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    line_id: str
    starts_on: date
    delta: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """`units` from `starts_on` to `ends_on`, the last day. `number` stays the same for the same beginning."""

    number: int
    starts_on: date
    ends_on: date
    units: int
    is_posted: bool


class Book:
    """The unit rows of the whole estate. `in_advance`: a period is posted as it begins, else when it is over."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.in_advance = True
        self.waiting: list[Adjustment] = []
        self._dated: dict[tuple[str, int], date] = {}

    def adjust(self, line: Line, starts_on: date, delta: Decimal) -> None:
        """Take an adjustment: at once where its day has come, else when it comes."""
        adjustment = Adjustment(line.id, starts_on, delta)
        if starts_on > self.town.estate.as_of:
            self.waiting.append(adjustment)
        else:
            self._apply(line, adjustment)

    def settle(self) -> None:
        """Apply what has come due since; what was for a line that is gone is forgotten."""
        for each in [one for one in self.waiting if one.starts_on <= self.town.estate.as_of]:
            self.waiting.remove(each)
            line = self.town.index.lines.get(each.line_id)
            if line is not None:
                self._apply(line, each)

    def periods(self, line: Line, agreement: Agreement) -> Iterator[Period]:
        """The rows of one line to the end of its contract, oldest first."""
        first = max(line.effective_on, agreement.starts_on)
        last = min(end for end in (contract_end(agreement, self.town.estate.as_of), _last(line)) if end)
        steps = self._steps(line)
        cuts = {day for day, _ in steps if first < day <= last}
        months = _MONTHS[agreement.billing_cycle]
        start = _period_start(agreement.starts_on, first, months)
        while start <= last:
            after = _later(start, months)
            begins = [max(start, first), *sorted(day for day in cuts if max(start, first) < day < after)]
            for begin, end in zip(begins, [*(day - DAY for day in begins[1:]), min(after - DAY, last)], strict=True):
                net = max(self._quantity(line, begin, steps) - line.included, Decimal(0))
                yield Period((begin - _BEGAN).days, begin, end, int(net), self._is_posted(start, after))
            start = after

    def _is_posted(self, start: date, after: date) -> bool:
        today = self.town.estate.as_of
        return start <= today if self.in_advance else after <= today

    def _apply(self, line: Line, adjustment: Adjustment) -> None:
        number = len(self.town.estate.history.get(("line", line.id), ()))
        self._dated[line.id, number] = adjustment.starts_on
        self.town.change(line, quantity=line.quantity + adjustment.delta)

    def _steps(self, line: Line) -> list[tuple[date, Decimal]]:
        """The days on which the quantity changed or will change, and by how much."""
        history = self.town.estate.history.get(("line", line.id), ())
        found = []
        for number, was in enumerate(history):
            if not isinstance(was.state, Line):
                continue
            then = history[number + 1].state if number + 1 < len(history) else line
            step = (then.quantity if isinstance(then, Line) else line.quantity) - was.state.quantity
            if step:
                found.append((self._dated.get((line.id, number), was.until.date()), step))
        found += [(each.starts_on, each.delta) for each in self.waiting if each.line_id == line.id]
        return found

    def _quantity(self, line: Line, day: date, steps: list[tuple[date, Decimal]]) -> Decimal:
        planned = sum((each.delta for each in self.waiting if each.line_id == line.id), Decimal(0))
        return line.quantity + planned - sum((step for when, step in steps if when > day), Decimal(0))


def contract_end(agreement: Agreement, today: date) -> date:
    """The contract's last day."""
    if agreement.cancelled_on is not None:
        return agreement.cancelled_on - DAY
    end = _later(agreement.starts_on, 12 * _YEARS)
    while end <= today + timedelta(days=120):
        end = _later(end, 12 * _YEARS)
    return end - DAY


def _last(line: Line) -> date | None:
    return None if line.cancelled_on is None else line.cancelled_on - DAY


def _period_start(anchor: date, day: date, months: int) -> date:
    """The beginning of the period that holds `day`; periods are counted from the contract's first month."""
    begin = anchor.replace(day=1)
    passed = (day.year - begin.year) * 12 + day.month - begin.month
    return _later(begin, passed - passed % months)


def _later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
