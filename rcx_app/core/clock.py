"""The one clock. All of RCX asks it for the time, so that a test or a back-test can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

_frozen: ContextVar[datetime | None] = ContextVar("rcx_frozen_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The present date in UTC."""
    return now().date()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock at `at` (aware) for the code within, in this thread or task only."""
    if at.tzinfo is None:
        raise ValueError("the clock takes aware times only")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def month_start(day: date) -> date:
    """First day of the period (calendar month) that holds `day`."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """First day of the period after the one that holds `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def parse(text: str) -> datetime:
    """An aware ISO time back from text. Raises ValueError where it is none or has no zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)
