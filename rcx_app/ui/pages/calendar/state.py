"""State of the agents' calendar: the week, the booking that is open, hours, and days that differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.booking import calendars, desk, zones
from rcx_app.domain.booking.schemas import CalendarRules, CalendarView, ExceptionView, State, Week
from rcx_app.domain.booking.slots import Exceptional
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.addresses import address
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.calendar import rows

AT = "/staff/calendar"
TABS = ("week", "hours", "days")
_ASK_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone || ''"


@dataclass
class AgentOption:
    """An agent whose calendar may be opened."""

    value: str
    label: str


def _everything(
    session: Any, context: Context, day: date | None, agent_id: int | None
) -> tuple[Week, CalendarView, tuple[ExceptionView, ...], tuple[tuple[int, str], ...]]:
    agent_id = agent_id if agent_id is not None else calendars.first_to_show(session, context)
    return (
        desk.week(session, context, day, agent_id),
        calendars.calendar(session, context, agent_id),
        calendars.exceptions(session, context, agent_id),
        calendars.agents(session, context),
    )


class CalendarState(AppState):
    """The address holds tab, week, agent and the open booking. `wrong` is shown beside the form it is of."""

    tab: str = "week"
    agent_id: int = 0
    agent_name: str = ""
    agents: list[AgentOption] = []
    zone: str = ""
    zone_words: str = ""
    is_saved: bool = False
    is_offered: bool = True
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    week: str = ""
    earlier: str = ""
    later: str = ""
    today: str = ""
    here: str = ""
    days: list[rows.Day] = []
    marks: list[rows.Mark] = []
    height: str = "600px"
    conflicts: list[rows.DeskRow] = []
    waiting: list[rows.DeskRow] = []
    opened: rows.DeskRow | None = None
    events: list[rows.EventRow] = []
    mode: str = ""
    move_day: str = ""
    move_times: list[AgentOption] = []
    hours: list[str] = [""] * 7
    fields: dict[str, str] = {}
    exceptions: list[rows.ExceptionRow] = []
    form_key: int = 0
    wrong: str = ""

    @rx.var
    def is_platform(self) -> bool:
        return Permission.PLATFORM.value in self.opens

    @rx.var
    def opened_id(self) -> int:
        return self.opened.id if self.opened is not None else 0

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> Any:
        """The page opens at what its address says. Where no hours were saved yet it asks for the browser's zone."""
        tab = self._query("tab")
        self.tab = tab if tab in TABS else "week"
        self.wrong, self.mode = "", ""
        await self._load()
        booking = _digits(self._query("booking"))
        if booking is None:
            self.opened = None
        else:
            await self._open(booking)
        unsaved = self.agent_id and not self.is_saved
        return rx.call_script(_ASK_ZONE, callback=CalendarState.propose_zone) if unsaved else None

    @rx.event
    @requires(Permission.AGENT)
    async def propose_zone(self, zone: str) -> None:
        """Fill the browser's zone in where none was saved."""
        if not self.is_saved and zones.is_known(zone):
            self.zone = zone

    @rx.event
    @requires(Permission.AGENT)
    async def choose_agent(self, value: str) -> Any:
        """Look at a colleague's calendar."""
        return rx.redirect(self._address(tab=self.tab, week=self._query("week"), agent=value))

    @rx.event
    @requires(Permission.AGENT)
    async def close(self) -> Any:
        """Close the panel."""
        return rx.redirect(self._address(week=self._query("week")))

    @rx.event
    @requires(Permission.AGENT)
    async def mark(self, outcome: Literal["kept", "no_show"]) -> Any:
        """Say whether they came."""
        if self.opened is None:
            return None
        state = State.KEPT if outcome == "kept" else State.NO_SHOW
        return await self._do("Noted.", desk.mark, self.opened.id, state)

    @rx.event
    @requires(Permission.AGENT)
    async def ask(self, mode: Literal["move", "cancel", ""]) -> None:
        """Begin to move or cancel the open booking, or think better of it."""
        self.mode, self.wrong = mode, ""
        if mode == "move" and self.opened is not None:
            await self._times(self.opened.day)

    @rx.event
    @requires(Permission.AGENT)
    async def choose_day(self, iso: str) -> None:
        """Show the free times of a day, to move the booking to."""
        await self._times(iso)

    @rx.event
    @requires(Permission.AGENT)
    async def move(self, form: dict[str, Any]) -> Any:
        """Move the open booking."""
        if self.opened is None:
            return None
        try:
            at = clock.parse(str(form.get("at", "")))
        except ValueError:
            self.wrong = "Choose one of the free times."
            return None
        message = str(form.get("message", ""))
        said = "Moved. Both get an update for their calendars."
        return await self._do(said, desk.move, self.opened.id, at, seen=self.opened.sequence, message=message)

    @rx.event
    @requires(Permission.AGENT)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Cancel the open booking."""
        if self.opened is None:
            return None
        return await self._do("Cancelled, and told.", desk.cancel, self.opened.id, str(form.get("reason", "")))

    @rx.event
    @requires(Permission.AGENT)
    async def save_hours(self, form: dict[str, Any]) -> Any:
        """Keep when the agent can be booked."""
        try:
            await write_across(calendars.save, _rules(form), self.agent_id)
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        await self._load()
        if self.conflicts:
            return notify("Saved. Some bookings no longer fit; they stand until you act.", tone="under")
        return notify("Saved.")

    @rx.event
    @requires(Permission.AGENT)
    async def add_exception(self, form: dict[str, Any]) -> Any:
        """Be away, or there besides."""
        try:
            await write_across(_add, form, self.agent_id)
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._load()
        if self.conflicts:
            return notify("Saved. Some bookings no longer fit; they stand until you act.", tone="under")
        return notify("Saved.")

    @rx.event
    @requires(Permission.AGENT)
    async def remove_exception(self, exception_id: int) -> Any:
        """Let the usual hours hold again."""
        await write_across(calendars.remove_exception, exception_id)
        await self._load()
        return notify("Removed. The usual hours hold again.")

    async def _do(self, said: str, deed: Any, booking_id: int, *args: Any, **more: Any) -> Any:
        try:
            await write_across(deed, booking_id, *args, **more)
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong, self.mode = "", ""
        await self._load()
        await self._open(booking_id)
        return notify(said)

    async def _load(self) -> None:
        try:
            week, calendar, exceptions, agents = await read_across(
                _everything, _day(self._query("week")), self._agent()
            )  # fmt: skip
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            self.days, self.marks, self.conflicts, self.waiting, self.exceptions = [], [], [], [], []
            return
        self.problem, self.remedy, self.is_loaded = "", "", True
        self.agents = [AgentOption(str(number), name) for number, name in agents]
        self.exceptions = [rows.exception_row(each, is_platform=self.is_platform) for each in exceptions]
        self._show(week)
        self._fill(calendar)

    def _show(self, week: Week) -> None:
        now = clock.now()
        self.zone = week.calendar.rules.time_zone
        self.zone_words = zones.named(now, self.zone)
        self.days, self.marks = rows.days_of(week, now)
        self.height = f"{len(self.marks) * 56}px"
        self.week = rows.week_words(week.monday)
        self.conflicts = [rows.desk_row(each, now) for each in week.conflicts]
        self.waiting = [rows.desk_row(each, now) for each in week.waiting]
        days = timedelta(days=7)
        self.earlier, self.later = (self._address(week=(week.monday + step).isoformat()) for step in (-days, days))
        self.today = self._address()
        # A booking is opened in the week that is shown.
        self.here = self._address(week=week.monday.isoformat()) + "&"

    def _fill(self, calendar: CalendarView) -> None:
        rules = calendar.rules
        self.agent_id, self.agent_name, self.is_saved = calendar.agent_id, calendar.agent_name, calendar.is_saved
        self.is_offered = rules.is_offered
        self.hours = [rows.hours_text(rules.hours, day) for day in range(7)]
        self.fields = {
            "onboarding_min": str(rules.onboarding_min),
            "meeting_min": str(rules.meeting_min),
            "buffer_before_min": str(rules.buffer_before_min),
            "buffer_after_min": str(rules.buffer_after_min),
            "notice_hours": f"{rules.notice_min / 60:g}",
            "ahead_days": str(rules.ahead_days),
            "meeting_link": rules.meeting_link,
        }

    async def _open(self, booking_id: int) -> None:
        try:
            found, events = await read_across(desk.one, booking_id)
        except RcxError as error:
            self.opened, self.problem, self.remedy = None, error.message, error.remedy
            return
        self.opened = rows.desk_row(found, clock.now())
        self.events = rows.event_rows(events, self.zone)

    async def _times(self, iso: str) -> None:
        day = _day(iso)
        if day is None or self.opened is None:
            return
        found: tuple[datetime, ...] = await read_across(desk.free_times, self.opened.id, day)
        self.move_day = iso
        self.move_times = [AgentOption(at.isoformat(), _time(at, self.zone, found)) for at in found]

    def _agent(self) -> int | None:
        return _digits(self._query("agent"))

    def _query(self, name: str) -> str:
        return str(self.router.url.query_parameters.get(name, ""))

    def _address(self, **query: object) -> str:
        return address(AT, {"agent": self._query("agent"), **query})


def _rules(form: dict[str, Any]) -> CalendarRules:
    """What the form says. Raises Invalid where a number is none."""

    def number(name: str, words: str) -> int:
        text = str(form.get(name, "")).strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise Invalid(f"{words} must be a whole number.", remedy="Nothing was saved.")
        return int(text)

    return CalendarRules(
        time_zone=str(form.get("time_zone", "")),
        hours=tuple(
            each for day in range(7) for each in rows.parsed_hours(str(form.get(f"hours_{day}", ""))[:200], day)
        ),
        onboarding_min=number("onboarding_min", "The length of an onboarding session"),
        meeting_min=number("meeting_min", "The length of a meeting"),
        buffer_before_min=number("buffer_before_min", "The time before"),
        buffer_after_min=number("buffer_after_min", "The time after"),
        notice_min=number("notice_hours", "The notice") * 60,
        ahead_days=number("ahead_days", "How far ahead"),
        meeting_link=str(form.get("meeting_link", "")),
        is_offered=form.get("is_offered") in ("on", True, "true"),
    )


def _add(session: Any, context: Context, form: dict[str, Any], agent_id: int) -> int:
    kind, first = str(form.get("kind", "")), _day(str(form.get("first", "")))
    if kind not in set(Exceptional) or first is None:
        raise Invalid("Say from which day on.", remedy="Nothing was saved.")
    starts, ends = (rows.parsed_clock(str(form.get(name, ""))) for name in ("starts", "ends"))
    if (starts is None) != (ends is None):
        raise Invalid("Say from when until when, or leave both empty for the whole day.", remedy="Nothing was saved.")
    return calendars.add_exception(
        session,
        context,
        Exceptional(kind),
        first,
        _day(str(form.get("last", ""))) or first,
        name=str(form.get("name", "")),
        span=(starts, ends) if starts is not None and ends is not None else None,
        agent_id=agent_id,
    )


def _time(at: datetime, zone: str, found: tuple[datetime, ...]) -> str:
    """``10:30``, with the offset where the day shows that time twice."""
    local = at.astimezone(zones.zone(zone))
    twice = sum(f"{each.astimezone(zones.zone(zone)):%H:%M}" == f"{local:%H:%M}" for each in found) > 1
    return f"{local:%H:%M}" + (f" {zones.offset(at, zone)}" if twice else "")


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
