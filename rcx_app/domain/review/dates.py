"""From when an approved change may hold, and until when a finding is put off. Days are the workspace's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from rcx_app.core import clock
from rcx_app.core.clock import next_month
from rcx_app.core.errors import Invalid
from rcx_app.domain.review.numbers import day_words
from rcx_app.domain.review.schemas import EffectiveDates

LONGEST_DAYS = 366
# What each PSA does with a change inside a period (field notes on their APIs).
_PRORATION = {
    "connectwise": "ConnectWise prorates a change within the month where the agreement says so.",
    "autotask": "Autotask splits the period's units at the date and prorates them.",
    "halopsa": "HaloPSA bills the new quantity with the next invoice that it creates.",
}


def day_of(time_zone: str) -> date:
    """Today, where the workspace is."""
    return clock.now().astimezone(ZoneInfo(time_zone)).date()


def effective_dates(today: date, invoiced: Iterable[date], vendor: str = "") -> EffectiveDates:
    """From when a change of lines may hold that were last invoiced on the days `invoiced`.

    A calendar month in which a line was invoiced counts as billed, also where the invoice is dated ahead.
    """
    billed = max(invoiced, default=None)
    earliest = today if billed is None or next_month(billed) <= today else next_month(billed)
    default = max(next_month(today), earliest)
    words = _PRORATION.get(vendor, "A change within a month may be prorated.")
    words += f" From {day_words(default)} on nothing is."
    if earliest > today and billed is not None:
        words = f"{billed:%B %Y} was invoiced on {day_words(billed)}. {words}"
    return EffectiveDates(default, earliest, words)


def checked_date(asked: date | None, dates: EffectiveDates, today: date) -> date:
    """The date of an approval. Raises Invalid where it lies behind, in a billed period, or absurdly far ahead."""
    chosen = asked or dates.default
    if chosen < today:
        raise Invalid(
            f"{day_words(chosen)} lies in the past.", remedy=f"Choose {day_words(dates.default)} or another day ahead."
        )
    if chosen < dates.earliest:
        raise Invalid(
            f"{day_words(chosen)} falls into a period that is invoiced already.",
            remedy=f"Choose {day_words(dates.earliest)} at the earliest.",
        )
    if chosen > today + timedelta(days=LONGEST_DAYS):
        raise Invalid(f"{day_words(chosen)} is more than a year away.", remedy="Choose an earlier day.")
    return chosen


def checked_until(until: date | None, today: date) -> date:
    """The day a snooze ends: 7 days from now unless asked otherwise. Raises Invalid."""
    chosen = until or today + timedelta(days=7)
    if not today < chosen <= today + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            "A finding can be snoozed until tomorrow at the earliest and for a year at most.",
            remedy="Choose another day.",
        )
    return chosen


def newest(invoiced: Mapping[int, date], line_ids: Iterable[int]) -> list[date]:
    """The days on which these lines were last invoiced."""
    return [invoiced[each] for each in line_ids if each in invoiced]
