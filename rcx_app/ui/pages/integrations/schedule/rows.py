"""Pure transforms: a workspace's schedule in words, and what stands in its form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rcx_app.core.errors import Invalid
from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules.schemas import Chosen, MonthBy, ScheduleView
from rcx_app.ui import words

Part = Literal["weekday", "weekly_how", "month_by", "month_day", "month_nth", "month_weekday", "monthly_how"]
Switch = Literal["is_weekly", "is_monthly"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PLACES = ("first", "second", "third", "fourth", "last")
QUICK, FULL = "quick", "full"
OFF = "None is chosen, so nothing is read by itself: connections are read only when somebody asks."
_SHORTEST_MONTH = 28


@dataclass(frozen=True)
class Draft:
    """What stands in the form, as its fields hold it."""

    is_weekly: bool = False
    weekday: str = "0"
    weekly_how: str = QUICK
    is_monthly: bool = False
    month_by: str = MonthBy.DATE.value
    month_day: str = "1"
    month_nth: str = "1"
    month_weekday: str = "0"
    monthly_how: str = FULL


@dataclass(frozen=True)
class Next:
    """When a part starts next: in words, and as an ISO time (empty where it is off)."""

    said: str = ""
    iso: str = ""


@dataclass(frozen=True)
class Plan:
    """A schedule in words. `sentence` is the whole of it; `weekly` and `monthly` are empty where they are off.

    `offer`: what one click would switch on where nothing is.
    """

    sentence: str = OFF
    is_on: bool = False
    weekly: str = ""
    monthly: str = ""
    next: Next = Next()
    next_weekly: Next = Next()
    next_monthly: Next = Next()
    offer: str = ""
    last: str = ""
    last_iso: str = ""
    left_out: list[str] = field(default_factory=list)


def draft(chosen: Chosen) -> Draft:
    return Draft(
        is_weekly=chosen.is_weekly,
        weekday=str(chosen.weekday),
        weekly_how=FULL if chosen.weekly_is_full else QUICK,
        is_monthly=chosen.is_monthly,
        month_by=chosen.month_by.value,
        month_day=str(chosen.month_day),
        month_nth=str(chosen.month_nth),
        month_weekday=str(chosen.month_weekday),
        monthly_how=FULL if chosen.monthly_is_full else QUICK,
    )


def changed(old: Draft, part: Part, value: str) -> Draft:
    """The form with one field changed. Raises Invalid for a value that no field offers."""
    new: Draft = replace(old, **{part: value})
    chosen(new)
    return new


def chosen(form: Draft) -> Chosen:
    """What the form says. Raises Invalid for what is no number or none of the choices."""
    hows, ways = {QUICK: False, FULL: True}, {each.value: each for each in MonthBy}
    if form.month_by not in ways or form.weekly_how not in hows or form.monthly_how not in hows:
        raise Invalid("This is none of the choices.", remedy="Choose one of the list.")
    return Chosen(
        is_weekly=form.is_weekly,
        weekday=_number(form.weekday),
        weekly_is_full=hows[form.weekly_how],
        is_monthly=form.is_monthly,
        month_by=ways[form.month_by],
        month_day=_number(form.month_day),
        month_nth=_number(form.month_nth),
        month_weekday=_number(form.month_weekday),
        monthly_is_full=hows[form.monthly_how],
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        raise Invalid("This is none of the choices.", remedy="Choose one of the list.")
    return int(text)


def plan(view: ScheduleView, now: datetime) -> Plan:
    """The schedule as it is saved."""
    weekly, monthly = _weekly(view.chosen), _monthly(view.chosen)
    starts = [at for at in (view.weekly_at, view.monthly_at) if at is not None]
    last = view.last
    said = "; ".join(part for part in (weekly, monthly[:1].lower() + monthly[1:] if weekly else monthly) if part)
    return Plan(
        sentence=f"{said}." if said else OFF,
        is_on=bool(starts),
        weekly=weekly,
        monthly=monthly,
        next=starting(min(starts) if starts else None, now, view.time_zone),
        next_weekly=starting(view.weekly_at, now, view.time_zone),
        next_monthly=starting(view.monthly_at, now, view.time_zone),
        offer="" if starts else f"Sync every {WEEKDAYS[view.chosen.weekday]}",
        last=_last(len(last.connections), is_full=last.is_full) if last is not None else "",
        last_iso=last.at.isoformat() if last is not None else "",
        left_out=[each.why for each in last.left_out] if last is not None else [],
    )


def planned(view: ScheduleView, form: Chosen, now: datetime) -> tuple[Next, Next]:
    """When the weekly and the monthly sync would start next, were the form saved now."""
    found = []
    for before, after, at in (
        (view.chosen.weekly, form.weekly, view.weekly_at),
        (view.chosen.monthly, form.monthly, view.monthly_at),
    ):
        start = None if after is None else at if at is not None and before == after else dates.next_run(after, now)
        found.append(starting(start, now, view.time_zone))
    return found[0], found[1]


def starting(at: datetime | None, now: datetime, time_zone: str) -> Next:
    """``Monday 23 Nov 2026, 07:00 UTC``; a start whose time has come waits for its turn."""
    if at is None:
        return Next()
    if at <= now:
        return Next("within the next minutes", at.isoformat())
    return Next(f"{words.weekday(at.date())}, {at:%H:%M} UTC{_local(at, time_zone)}", at.isoformat())


def _local(at: datetime, time_zone: str) -> str:
    """The same moment by the clocks of the workspace, where they differ."""
    try:
        there = at.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    if there.utcoffset() == at.utcoffset():
        return ""
    day = "" if there.date() == at.date() else f"{WEEKDAYS[there.weekday()]} "
    return f" ({day}{there:%H:%M} in {time_zone.rpartition('/')[2].replace('_', ' ')})"


def ordinal(number: int) -> str:
    """``1st``, ``22nd``, ``13th``."""
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _weekly(what: Chosen) -> str:
    if what.weekly is None:
        return ""
    return f"Every {WEEKDAYS[what.weekday]}, {_how(is_full=what.weekly_is_full)}"


def _monthly(what: Chosen) -> str:
    rule = what.monthly
    if rule is None:
        return ""
    if isinstance(rule, dates.OnWeekday):
        day = f"{PLACES[rule.nth - 1]} {WEEKDAYS[rule.weekday]} of each month"
    else:
        day = f"{ordinal(rule.day)} of each month" + (" or its last day" if rule.day > _SHORTEST_MONTH else "")
    return f"On the {day}, {_how(is_full=what.monthly_is_full)}"


def _how(*, is_full: bool) -> str:
    return "everything" if is_full else "what changed"


def _last(started: int, *, is_full: bool) -> str:
    if not started:
        return "Nothing could be read"
    verb = "was" if started == 1 else "were"
    return f"{words.count(started, 'connection')} {verb} asked for {_how(is_full=is_full)}"
