"""State of the booking pages. The address holds week, zone and what is being moved; what is chosen is kept here."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.booking import offering, service, zones
from rcx_app.domain.booking.letters import PAGES
from rcx_app.domain.booking.schemas import BookingView, Kind, Offer, Wanted
from rcx_app.ui.addresses import address
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.booking import rows

# The browser says where it is; what it says is checked as anything else that comes from outside.
_ASK_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone || ''"


def _everything(
    session: Any, context: Context, kind: Kind, zone: str, day: date | None, moving: int | None
) -> tuple[Offer, tuple[BookingView, ...], tuple[BookingView, ...]]:
    return (
        offering.offer(session, context, kind, zone, day, moving=moving),
        service.coming(session, context, kind),
        service.past(session, context, kind),
    )


class BookingState(AppState):
    """One week of free times, the workspace's bookings, and the time that is chosen.

    `kind`: onboarding | meeting. `wrong`: why the last deed was refused, shown beside the button. `day`: the day that a
    narrow window shows. `just_*`: the id of the booking of which the address says so.
    """

    kind: str = Kind.ONBOARDING.value
    zone: str = ""
    zone_words: str = ""
    zone_note: str = ""
    week: str = ""
    days: list[rows.DayColumn] = []
    times: list[rows.TimeRow] = []
    day: str = ""
    holidays: str = ""
    agents: list[str] = []
    length: int = 0
    earlier: str = ""
    later: str = ""
    next_week: str = ""
    next_words: str = ""
    choice: rows.Choice = rows.Choice()
    coming: list[rows.BookingRow] = []
    past: list[rows.BookingRow] = []
    moving: rows.BookingRow | None = None
    cancelling: rows.BookingRow | None = None
    is_full: bool = False
    is_loaded: bool = False
    just_booked: int = 0
    just_moved: int = 0
    problem: str = ""
    remedy: str = ""
    wrong: str = ""
    _free: dict[str, Any] = {}
    _request_key: str = ""
    _browser_zone: str = ""

    @rx.var
    def has_choice(self) -> bool:
        return self.choice.at != ""

    @rx.var
    def agent_words(self) -> str:
        """Who it will be with, where that is one person."""
        return self.agents[0] if len(self.agents) == 1 else ""

    @rx.var
    def cells(self) -> list[rows.Cell]:
        """The free times of the day that a narrow window shows."""
        return next((each.cells for each in self.days if each.iso == self.day), [])

    @rx.event
    @requires(Permission.ONBOARD)
    async def load_onboarding(self) -> Any:
        """The page of the onboarding session opens."""
        return await self._open(Kind.ONBOARDING)

    @rx.event
    @requires(Permission.SUPPORT)
    async def load_meetings(self) -> Any:
        """The page of the meetings opens."""
        return await self._open(Kind.MEETING)

    @rx.event
    @requires(Permission.SUPPORT)
    async def found_zone(self, zone: str) -> None:
        """The browser has said in which zone it is."""
        self._browser_zone = zone if zones.is_known(zone) else "UTC"
        self.zone_note = "" if zones.is_known(zone) else "We could not tell your time zone, so times are in UTC."
        await self._load()

    @rx.event
    @requires(Permission.SUPPORT)
    async def choose_zone(self, zone: str) -> Any:
        """Show all times in another zone."""
        if not zones.is_known(zone):
            self.zone_note = "That time zone is not known. Choose the city nearest to you."
            return None
        return rx.redirect(self._address(zone=zone, week=self._query("week"), move=self._query("move")))

    @rx.event
    @requires(Permission.SUPPORT)
    async def show_day(self, iso: str) -> None:
        """Show another day, in a narrow window."""
        self.day = iso

    @rx.event
    @requires(Permission.SUPPORT)
    async def choose(self, at: str) -> None:
        """Choose a free time."""
        slot = self._free.get(at)
        if slot is not None:
            self.choice, self.wrong = rows.choice_of(slot, self.zone), ""
            self._request_key = secrets.token_urlsafe(16)

    @rx.event
    @requires(Permission.SUPPORT)
    async def book(self, form: dict[str, Any]) -> Any:
        """Book what is chosen. A second click is the same request."""
        if not self.choice.at:
            # The second click of two finds its booking made.
            self.wrong = "" if self.just_booked else "Choose a time first."
            return None
        wanted = Wanted(
            kind=Kind(self.kind),
            agent_id=self.choice.agent_id,
            starts_at=datetime.fromisoformat(self.choice.at),
            zone=self.zone,
            request_key=self._request_key,
            topic=str(form.get("topic", "")),
        )
        try:
            made = await write(service.book, wanted)
        except RcxError as error:
            return await self._refused(error)
        self.choice, self.just_booked, self.wrong = rows.Choice(), made.booking_id, ""
        # The page opens anew, with all around it: a session moves the workspace on.
        return rx.redirect(self._address(zone=self._query("zone"), booked=made.booking_id))

    @rx.event
    @requires(Permission.SUPPORT)
    async def start_moving(self, booking_id: int) -> Any:
        """Choose another time for a booking."""
        return rx.redirect(self._address(zone=self._query("zone"), move=booking_id))

    @rx.event
    @requires(Permission.SUPPORT)
    async def stop_moving(self) -> Any:
        """Leave it at its time."""
        return rx.redirect(self._address(zone=self._query("zone")))

    @rx.event
    @requires(Permission.SUPPORT)
    async def move(self) -> Any:
        """Move the booking to what is chosen."""
        if self.moving is None or not self.choice.at:
            return None
        at = datetime.fromisoformat(self.choice.at)
        try:
            made = await write(
                service.move,
                self.moving.id,
                at,
                self.zone,
                seen=self.moving.sequence,
                agent_id=self.choice.agent_id,
            )
        except RcxError as error:
            return await self._refused(error)
        self.choice, self.wrong = rows.Choice(), ""
        return rx.redirect(self._address(zone=self._query("zone"), moved=made.booking_id))

    @rx.event
    @requires(Permission.SUPPORT)
    async def ask_cancel(self, booking_id: int) -> None:
        """Open the dialog that cancels."""
        self.wrong = ""
        self.cancelling = next((each for each in self.coming if each.id == booking_id), None)

    @rx.event
    @requires(Permission.SUPPORT)
    async def keep(self) -> None:
        """Close the dialog; nothing is cancelled."""
        self.cancelling = None

    @rx.event
    @requires(Permission.SUPPORT)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Cancel the booking."""
        if self.cancelling is None:
            return None
        try:
            await write(service.cancel, self.cancelling.id, reason=str(form.get("reason", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.cancelling = None
        said = notify("Cancelled. Both calendars take it out.")
        return [rx.redirect(self._address(zone=self._query("zone"), cancelled="yes")), said]

    async def _refused(self, error: RcxError) -> None:
        """Say why, beside the button, and show what is free now."""
        self.choice = rows.Choice()
        await self._load()
        self.wrong = str(error)

    async def _open(self, kind: Kind) -> Any:
        if self.kind != kind.value:
            self.is_loaded = False
        self.kind, self.choice, self.wrong = kind.value, rows.Choice(), ""
        self.just_booked, self.just_moved = _digits(self._query("booked")) or 0, _digits(self._query("moved")) or 0
        if not self._query("zone") and not self._browser_zone:
            return rx.call_script(_ASK_ZONE, callback=BookingState.found_zone)
        await self._load()
        return None

    async def _load(self) -> None:
        asked = self._query("zone")
        self.zone = asked if zones.is_known(asked) else self._browser_zone or "UTC"
        if asked and not zones.is_known(asked):
            self.zone_note = "The time zone in the address is not known, so times are in the one shown."
        moving = _digits(self._query("move"))
        try:
            offer, coming, past = await read(
                _everything, Kind(self.kind), self.zone, _day(self._query("week")), moving
            )  # fmt: skip
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self._show(offer)
        self.coming = [rows.row_of(view, self.zone) for view in coming]
        self.past = [rows.row_of(view, self.zone) for view in past]
        self.moving = next((each for each in self.coming if each.id == moving and each.may_change), None)
        self.is_full = len(coming) >= service.MOST_COMING[Kind(self.kind)]
        self.problem, self.remedy, self.is_loaded = "", "", True

    def _show(self, offer: Offer) -> None:
        self.days = rows.days_of(offer)
        self.times = rows.rows_of(offer, self.days)
        self.week = rows.week_words(offer.monday, self.days)
        self.holidays = rows.holiday_words(offer)
        self.zone_words = zones.offset(offer.slots[0].starts_at if offer.slots else offer.until, offer.zone)
        self.agents = [agent.name for agent in offer.agents]
        self.length = max((agent.length_min for agent in offer.agents), default=0)
        self._free = {slot.starts_at.isoformat(): slot for slot in offer.slots}
        if self.choice.at not in self._free:
            self.choice = rows.Choice()
        self.day = next((each.iso for each in self.days if each.free), self.days[0].iso)
        self._show_weeks(offer)

    def _show_weeks(self, offer: Offer) -> None:
        """Where earlier and later weeks are, where there can be free times in them."""
        more = {"zone": self._query("zone"), "move": self._query("move")}
        week = timedelta(days=7)
        first, zone = offer.next_free, zones.zone(offer.zone)
        self.earlier = self.later = self.next_week = self.next_words = ""
        if first is None:
            return
        day = first.astimezone(zone).date()
        if day < offer.monday:
            self.earlier = self._address(week=(offer.monday - week).isoformat(), **more)
        if offer.monday + week <= offer.until.astimezone(zone).date():
            self.later = self._address(week=(offer.monday + week).isoformat(), **more)
        if not offer.slots:
            self.next_week = self._address(week=zones.monday(day).isoformat(), **more)
            self.next_words = zones.day_words(day)

    def _query(self, name: str) -> str:
        return str(self.router.url.query_parameters.get(name, ""))

    def _address(self, **query: object) -> str:
        return address(PAGES[Kind(self.kind)], query)


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
