"""Dates and counts as people read them, and that every kind the domain can raise has its word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from rcx_app.domain.reconcile.flagged.schemas import KINDS as FLAG_KINDS
from rcx_app.ui import words
from rcx_app.ui.components.icons import PATHS


def test_dates_name_the_month() -> None:
    assert words.day(date(2026, 11, 4)) == "4 Nov 2026"
    assert words.weekday(date(2026, 11, 20)) == "Friday 20 Nov 2026"


def test_moments_are_told_in_utc() -> None:
    at = datetime(2026, 11, 20, 10, 5, tzinfo=timezone(timedelta(hours=1)))
    assert words.moment(at) == "20 Nov 2026, 09:05 UTC"
    assert words.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "1 Jan 2026, 00:00 UTC"


def test_counts_agree_with_their_noun() -> None:
    assert words.count(1, "finding") == "1 finding"
    assert words.count(1184, "seat") == "1,184 seats"
    assert words.count(2, "price", "prices") == "2 prices"


def test_every_kind_has_its_word_and_icon() -> None:
    assert {icon for _, icon in words.KINDS.values()} <= set(PATHS)
    assert set(FLAG_KINDS) <= set(words.FLAGS)
