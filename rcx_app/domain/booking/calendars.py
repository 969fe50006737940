"""Agents' calendars: their hours, what differs on some days, and all agents' holidays.

An agent sets his own, a platform admin everybody's. Needs a transaction without a workspace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Permission, Staff
from rcx_app.domain.audit import service as audit
from rcx_app.domain.booking import zones
from rcx_app.domain.booking.letters import one_line
from rcx_app.domain.booking.offering import FARTHEST
from rcx_app.domain.booking.repository import Calendars
from rcx_app.domain.booking.schemas import CalendarRules, CalendarView, ExceptionView
from rcx_app.domain.booking.slots import DAY_MIN, QUARTER_MIN, Exceptional, Hours
from rcx_app.models import AgentCalendar, CalendarException, User

PROPOSED_HOURS = tuple(Hours(day, starts, ends) for day in range(5) for starts, ends in ((540, 720), (780, 1020)))
"""Monday to Friday, 9 to 12 and 13 to 17."""
# field -> (words, least, most); minutes but for the last
_RANGES = {
    "onboarding_min": ("The length of an onboarding session", 0, 240),
    "meeting_min": ("The length of a meeting", 0, 240),
    "buffer_before_min": ("The time before a session", 0, 120),
    "buffer_after_min": ("The time after a session", 0, 120),
    "notice_min": ("The notice", 0, 14 * DAY_MIN),
    "ahead_days": ("How far ahead you can be booked", 1, FARTHEST.days),
}
_MOST_SPANS, _MOST_EXCEPTIONS, _LONGEST_NAME, _LONGEST_LINK = 6, 200, 80, 500
_LONGEST_EXCEPTION = timedelta(days=366)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def agent_of(session: Session, context: Context, agent_id: int | None) -> User:
    """The agent whose calendar this person may work on: himself, or anybody for a platform admin.

    Raises NotPermitted, and NotFound for somebody who is no agent and has no calendar.
    """
    context.require(Permission.AGENT)
    wanted = agent_id if agent_id is not None else context.user_id
    if wanted is None:
        raise NotPermitted("Only a person has a calendar.")
    if wanted != context.user_id and not context.allows(Permission.PLATFORM):
        raise NotPermitted("This is a colleague's calendar.", remedy="Ask a platform admin.")
    user = session.get(User, wanted)
    if user is None or (Staff(user.staff) is Staff.NONE and Calendars(session).of(wanted) is None):
        raise NotFound("This agent")
    return user


def agents(session: Session, context: Context) -> tuple[tuple[int, str], ...]:
    """(id, name) of those whose calendars this person may open: his own, or all for a platform admin.

    Who is no agent any more is among them while something is booked with him.
    """
    context.require(Permission.AGENT)
    found = Calendars(session).agents(clock.now())
    return tuple((user.id, user.name) for user in found if _may_open(context, user))


def first_to_show(session: Session, context: Context) -> int | None:
    """Whose calendar opens where nobody is named: one's own, for a platform admin without one the first agent's."""
    context.require(Permission.AGENT)
    calendars = Calendars(session)
    if context.user_id is None or calendars.of(context.user_id) is not None or not context.allows(Permission.PLATFORM):
        return context.user_id
    return next(
        (user.id for user in calendars.agents(clock.now()) if calendars.of(user.id) is not None), context.user_id
    )


def calendar(session: Session, context: Context, agent_id: int | None = None) -> CalendarView:
    """An agent's calendar; a proposal where he has set none. Raises as `agent_of`."""
    user = agent_of(session, context, agent_id)
    return calendar_view(user, Calendars(session).of(user.id))


def zone_of(session: Session, context: Context) -> str:
    """The time zone that an agent works in, by his own calendar; UTC until he has one. Raises NotPermitted."""
    context.require(Permission.AGENT)
    row = Calendars(session).of(context.user_id) if context.user_id is not None else None
    return row.time_zone if row is not None else "UTC"


def calendar_view(user: User, row: AgentCalendar | None) -> CalendarView:
    """A calendar as it is handed out."""
    rules = CalendarRules(time_zone="UTC", hours=PROPOSED_HOURS)
    if row is not None:
        values = {each.name: getattr(row, each.name) for each in fields(CalendarRules) if each.name != "hours"}
        rules = CalendarRules(hours=tuple(Hours(*each) for each in row.hours), **values)
    return CalendarView(
        agent_id=user.id,
        agent_name=user.name,
        rules=rules,
        is_saved=row is not None,
        is_agent=Staff(user.staff) is not Staff.NONE,
    )


def save(session: Session, context: Context, rules: CalendarRules, agent_id: int | None = None) -> None:
    """Keep when the agent can be booked. What is booked stays; `desk.week` shows what no longer fits.

    Raises as `agent_of`, and Invalid for what can't be.
    """
    user = agent_of(session, context, agent_id)
    values = _checked(rules)
    row = Calendars(session).of(user.id, lock=True)
    if row is None:
        row = AgentCalendar(user_id=user.id, time_zone="")
        session.add(row)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    session.flush()
    if changed:
        _record(session, context, "booking:hours", {"agent_id": user.id, **changed})


def exceptions(session: Session, context: Context, agent_id: int | None = None) -> tuple[ExceptionView, ...]:
    """What differs from today on, all agents' holidays with it, by day. Raises as `agent_of`."""
    user = agent_of(session, context, agent_id)
    row, today = Calendars(session).of(user.id), clock.today() - timedelta(days=1)
    return exception_views(Calendars(session).exceptions(row.id if row is not None else None, today, date.max))


def exception_views(rows: Iterable[CalendarException]) -> tuple[ExceptionView, ...]:
    """Exceptions as they are handed out."""
    return tuple(
        ExceptionView(
            row.id,
            Exceptional(row.kind),
            row.name,
            row.first_day,
            row.last_day,
            row.starts_min,
            row.ends_min,
            row.calendar_id is None,
        )
        for row in rows
    )


def add_exception(
    session: Session,
    context: Context,
    kind: Exceptional,
    first: date,
    last: date,
    *,
    name: str = "",
    span: tuple[int, int] | None = None,
    agent_id: int | None = None,
) -> int:
    """Be away, or there beyond the usual hours, from `first` to `last`; `span`: minutes of the day, None all day.

    A holiday is all agents' and takes a platform admin. Returns its id. Raises as `agent_of`, Invalid for what can't
    be, Conflict where the agent has set no hours yet.
    """
    user = agent_of(session, context, agent_id)
    _check_exception(kind, first, last, name, span)
    row = None
    if kind is Exceptional.HOLIDAY:
        context.require(Permission.PLATFORM)
    else:
        row = Calendars(session).of(user.id, lock=True)
        if row is None:
            raise Conflict("There are no hours yet that this could differ from.", remedy="Save your hours first.")
    calendar_id = row.id if row is not None else None
    if Calendars(session).count_exceptions(calendar_id) >= _MOST_EXCEPTIONS:
        raise Conflict("There are too many of these already.", remedy="Remove some that are over.")
    added = CalendarException(
        calendar_id=calendar_id,
        kind=kind.value,
        name=one_line(name),
        first_day=first,
        last_day=last,
        starts_min=span[0] if span else None,
        ends_min=span[1] if span else None,
    )
    session.add(added)
    session.flush()
    detail = {"agent_id": user.id if row is not None else None, "kind": kind.value, "first": first, "last": last}
    _record(session, context, "booking:exception", {**detail, "span": list(span) if span else None})
    return added.id


def remove_exception(session: Session, context: Context, exception_id: int) -> None:
    """Let the usual hours hold again. Raises NotFound, NotPermitted for a colleague's or for a holiday."""
    context.require(Permission.AGENT)
    row = Calendars(session).exception(exception_id)
    if row is None:
        raise NotFound("This entry")
    if row.calendar_id is None:
        context.require(Permission.PLATFORM)
    else:
        agent_of(session, context, session.get_one(AgentCalendar, row.calendar_id).user_id)
    detail = {"kind": row.kind, "first": row.first_day, "last": row.last_day}
    session.delete(row)
    session.flush()
    _record(session, context, "booking:exception:remove", detail)


def _may_open(context: Context, user: User) -> bool:
    return user.id == context.user_id or context.allows(Permission.PLATFORM)


def _record(session: Session, context: Context, tag: str, detail: dict[str, Any]) -> None:
    """A calendar belongs to no workspace, and so does what is done to it."""
    audit.record_outside(session, tag, {"by": context.user_id, **detail})


def _checked(rules: CalendarRules) -> dict[str, Any]:
    """The columns' values. Raises Invalid, naming all that is wrong."""
    zones.zone(rules.time_zone)
    problems = [
        f"{words} must be between {least} and {most}{'' if name == 'ahead_days' else ' minutes, in steps of 15'}."
        for name, (words, least, most) in _RANGES.items()
        if not least <= (value := getattr(rules, name)) <= most or (name != "ahead_days" and value % QUARTER_MIN)
    ]
    problems += _hours_problems(rules.hours) + _link_problems(rules.meeting_link)
    if rules.is_offered and not rules.onboarding_min and not rules.meeting_min:
        problems.append("You hold neither onboarding sessions nor meetings: give one of them a length.")
    if problems:
        raise Invalid(problems[0], remedy="Nothing was saved.", problems=problems)
    values = asdict(rules)
    values["hours"] = [[each.weekday, each.starts, each.ends] for each in _sorted(rules.hours)]
    values["meeting_link"] = rules.meeting_link.strip()
    return values


def _hours_problems(hours: tuple[Hours, ...]) -> list[str]:
    days: dict[int, list[Hours]] = defaultdict(list)
    problems = []
    for each in _sorted(hours):
        if not (0 <= each.weekday <= 6 and _is_span(each.starts, each.ends)):
            problems.append("Hours begin before they end, on quarters of an hour.")
            continue
        before = days[each.weekday]
        if before and before[-1].ends > each.starts:
            problems.append(f"Two of your hours on {_WEEKDAYS[each.weekday]} overlap.")
        before.append(each)
        if len(before) > _MOST_SPANS:
            problems.append(f"{_WEEKDAYS[each.weekday]} has more than {_MOST_SPANS} parts.")
    return problems


def _sorted(hours: tuple[Hours, ...]) -> list[Hours]:
    return sorted(hours, key=lambda each: (each.weekday, each.starts, each.ends))


def _is_span(starts: int, ends: int) -> bool:
    return 0 <= starts < ends <= DAY_MIN and starts % QUARTER_MIN == ends % QUARTER_MIN == 0


def _link_problems(link: str) -> list[str]:
    wrong = ["The meeting link must be an address that begins with https://."]
    if not link.strip():
        return []
    if len(link) > _LONGEST_LINK or not link.strip().isprintable() or " " in link.strip():
        return wrong
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return wrong
    return [] if parts.scheme == "https" and parts.hostname else wrong


def _check_exception(kind: Exceptional, first: date, last: date, name: str, span: tuple[int, int] | None) -> None:
    today = clock.today() - timedelta(days=1)
    if not today <= first <= last:
        raise Invalid("The days must lie ahead, the last one not before the first.", remedy="Choose other days.")
    if last - first > _LONGEST_EXCEPTION or first > today + 3 * _LONGEST_EXCEPTION:
        raise Invalid("That is more than a year, or too far ahead.", remedy="Choose fewer days.")
    if span is not None and not _is_span(*span):
        raise Invalid("The time must begin before it ends, on quarters of an hour.", remedy="Choose other times.")
    if kind is Exceptional.EXTRA and span is None:
        raise Invalid("Extra hours need a time.", remedy="Say from when until when.")
    if len(name) > _LONGEST_NAME:
        raise Invalid(f"That name is longer than {_LONGEST_NAME} characters.", remedy="Shorten it.")
