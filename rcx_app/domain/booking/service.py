"""Booking, moving and cancelling, by the people of a workspace.

Whoever is first at an agent's quarter of an hour has it: each is a row with a unique key, written with the booking
(`models.booking.BookingQuarter`). Mails and history are written in the same transaction.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from limits import parse
from sqlmodel import Session

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotPermitted, RcxError
from rcx_app.core.permissions import Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.booking import mails, offering, slots, views, zones
from rcx_app.domain.booking.invitations import calendar_file
from rcx_app.domain.booking.letters import Told, one_line
from rcx_app.domain.booking.repository import BookingRepository, Calendars, permission_for
from rcx_app.domain.booking.schemas import BookingView, Deed, Kind, Occasion, State, Wanted
from rcx_app.domain.identity import attempts
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.models import AgentCalendar, Booking, BookingEvent

# How many a workspace may have to come; what one person may do in an hour.
MOST_COMING = {Kind.ONBOARDING: 1, Kind.MEETING: 3}
DEEDS = parse("20 per hour")
LONGEST_TEXT = 500
_PAST_SHOWN = 10
_log = log.get("booking")
_REQUEST_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def coming(session: Session, context: Context, kind: Kind) -> tuple[BookingView, ...]:
    """The workspace's bookings to come or under way, soonest first."""
    context.require(permission_for(kind))
    return views.many(session, context, BookingRepository(session, context).coming(kind, clock.now()))


def past(session: Session, context: Context, kind: Kind) -> tuple[BookingView, ...]:
    """The last ones that are over or cancelled, latest first."""
    context.require(permission_for(kind))
    rows = BookingRepository(session, context).past(kind, clock.now(), _PAST_SHOWN)
    return views.many(session, context, rows)


def one(session: Session, context: Context, booking_id: int) -> BookingView:
    """A booking of this workspace. Raises NotFound."""
    row = BookingRepository(session, context).get(Booking, booking_id)
    context.require(permission_for(Kind(row.kind)))
    return views.one(session, context, row)


def download(session: Session, context: Context, booking_id: int) -> str:
    """A booking's calendar file, to be opened by hand. Raises NotFound, Conflict where it is cancelled."""
    row = BookingRepository(session, context).get(Booking, booking_id)
    context.require(permission_for(Kind(row.kind)))
    if row.state == State.CANCELLED.value:
        raise Conflict("This booking is cancelled.", remedy="Book another time.")
    return calendar_file(mails.facts_of(session, context, row), "PUBLISH")


@contextmanager
def refusals_noted(context: Context, deed: str) -> Iterator[None]:
    """Log what is refused within: who tries again and again what can't be had is to be found."""
    try:
        yield
    except RcxError as error:
        who = {"workspace_id": context.workspace_id, "user_id": context.user_id}
        _log.warning("booking_refused", deed=deed, code=error.code, reason=error.message, **who)
        raise


def book(session: Session, context: Context, wanted: Wanted) -> BookingView:
    """Book. The same request again gives the same booking.

    Raises Invalid for what can't be understood, TooMany, and Conflict where the time is not free (any more), or the
    workspace has as many to come as it may.
    """
    with refusals_noted(context, "book"):
        return _book(session, context, wanted)


def _book(session: Session, context: Context, wanted: Wanted) -> BookingView:
    context.require(permission_for(wanted.kind))
    _check(wanted)
    if wanted.kind is Kind.ONBOARDING and context.stage is Stage.QUESTIONNAIRE:
        raise Conflict(
            "The session comes after the questionnaire, so that the agent can prepare.",
            remedy="Send your answers first.",
        )
    repository, user_id = BookingRepository(session, context), _person(context)
    workspace = repository.workspace(lock=True)
    again = repository.by_request(wanted.request_key)
    if again is not None:
        return views.one(session, context, again)
    attempts.require(DEEDS, "booking", str(user_id))
    _require_room(repository, wanted.kind)
    calendar = _offered(session, wanted.agent_id, wanted.kind)
    length = timedelta(minutes=offering.length_of(calendar, wanted.kind))
    offering.require_free(session, calendar, offering.length_of(calendar, wanted.kind), wanted.starts_at)
    if wanted.kind is Kind.ONBOARDING:
        onboarding.session_booked(session, context)
    return _make(
        session,
        context,
        calendar,
        Booking(
            workspace_id=workspace.id,
            agent_id=wanted.agent_id,
            user_id=user_id,
            kind=wanted.kind.value,
            starts_at=wanted.starts_at.astimezone(UTC),
            ends_at=wanted.starts_at.astimezone(UTC) + length,
            zone=wanted.zone,
            topic=one_line(checked_text(wanted.topic)),
            meeting_link=calendar.meeting_link,
            uid=_uid(),
            request_key=wanted.request_key,
        ),
    )


def move(
    session: Session,
    context: Context,
    booking_id: int,
    starts_at: datetime,
    zone: str,
    *,
    seen: int,
    message: str = "",
    agent_id: int | None = None,
) -> BookingView:
    """Give a booking another time; with another agent (`agent_id`) it is cancelled with the one and booked with him.

    `seen`: the sequence that the person looked at. Raises NotFound, NotPermitted for another's booking, Conflict where
    it is too late, changed meanwhile or not free.
    """
    with refusals_noted(context, "move"):
        zones.zone(zone)
        row = _own(session, context, booking_id)
        if row.starts_at == starts_at:
            return views.one(session, context, row)
        if row.sequence != seen:
            raise Conflict("This booking was changed meanwhile.", remedy="Look at its new time and decide again.")
        attempts.require(DEEDS, "booking", str(_person(context)))
        row.zone = zone
        said = one_line(checked_text(message))
        if agent_id not in (None, row.agent_id):
            return _change_agent(session, context, row, agent_id or 0, starts_at, said)
        put(session, context, row, starts_at, note_to=said)
        return views.one(session, context, row)


def _change_agent(
    session: Session, context: Context, row: Booking, agent_id: int, starts_at: datetime, said: str
) -> BookingView:
    """The same session with somebody else: each agent's calendar has an event of its own, so there are two bookings."""
    kind, length = Kind(row.kind), row.ends_at - row.starts_at
    calendar = _offered(session, agent_id, kind)
    offering.require_free(session, calendar, int(length.total_seconds()) // 60, starts_at)
    agent = Calendars(session).person(agent_id).name
    call_off(session, context, row, by="visitor", reason=said or f"Moved to another time, with {agent}")
    return _make(
        session,
        context,
        calendar,
        Booking(
            workspace_id=row.workspace_id,
            agent_id=agent_id,
            user_id=row.user_id,
            kind=row.kind,
            starts_at=starts_at.astimezone(UTC),
            ends_at=starts_at.astimezone(UTC) + length,
            zone=row.zone,
            topic=row.topic,
            meeting_link=calendar.meeting_link,
            uid=_uid(),
            request_key=f"instead-of-{row.id}",
        ),
    )


def _make(session: Session, context: Context, calendar: AgentCalendar, row: Booking) -> BookingView:
    """Keep a new booking, hold its time and tell everybody."""
    BookingRepository(session, context).add(row)
    _hold(session, calendar, row)
    note(session, context, row, Deed.BOOKED)
    mails.write(session, context, row, Told(occasion=Occasion.REQUEST, by=_name(session, _person(context))))
    return views.one(session, context, row)


def _uid() -> str:
    return f"{uuid.uuid4().hex}@bookings.rcx.example"


def cancel(session: Session, context: Context, booking_id: int, *, reason: str = "") -> BookingView:
    """Cancel a booking; its time is free again at once. Raises as `move`; what is cancelled already stays so."""
    with refusals_noted(context, "cancel"):
        row = _own(session, context, booking_id, cancelled_too=True)
        if row.state != State.CANCELLED.value:
            attempts.require(DEEDS, "booking", str(_person(context)))
            call_off(session, context, row, by="visitor", reason=one_line(checked_text(reason)))
        return views.one(session, context, row)


# --- also for agents (`desk`), who have looked whether they may


def put(
    session: Session, context: Context, row: Booking, starts_at: datetime, *, note_to: str, is_agent: bool = False
) -> None:
    """Move a locked booking within its agent's calendar as it is now; of agents no notice is asked.

    Raises Conflict where that time is not free.
    """
    calendar = Calendars(session).of(row.agent_id, lock=True)
    if calendar is None:
        raise Conflict("This agent can't be booked any more.", remedy="Cancel and book with somebody else.")
    length = row.ends_at - row.starts_at
    starts_at = starts_at.astimezone(UTC)
    minutes = int(length.total_seconds()) // 60
    offering.require_free(session, calendar, minutes, starts_at, but=row.id, is_agent=is_agent)
    before, row.starts_at, row.ends_at = row.starts_at, starts_at, starts_at + length
    row.sequence += 1
    row.meeting_link = calendar.meeting_link or row.meeting_link
    session.flush()
    Calendars(session).release(row.id)
    _hold(session, calendar, row)
    note(session, context, row, Deed.MOVED, text=note_to, before=before)
    told = Told(occasion=Occasion.UPDATE, by=_name(session, _person(context)), message=note_to, before=before)
    mails.write(session, context, row, told)


def call_off(session: Session, context: Context, row: Booking, *, by: str, reason: str) -> None:
    """Cancel a locked booking. `by`: visitor | agent."""
    row.state, row.cancelled_by, row.reason, row.ended_at = State.CANCELLED.value, by, reason, clock.now()
    row.sequence += 1
    session.flush()
    Calendars(session).release(row.id)
    note(session, context, row, Deed.CANCELLED, text=reason)
    told = Told(occasion=Occasion.CANCEL, by=_name(session, _person(context)), message=reason)
    mails.write(session, context, row, told)


def note(
    session: Session, context: Context, row: Booking, deed: Deed, *, text: str = "", before: datetime | None = None
) -> None:
    """Keep what was done, in the booking's history and in the workspace's audit trail."""
    after = row.starts_at if deed in (Deed.BOOKED, Deed.MOVED) else None
    BookingRepository(session, context).add(
        BookingEvent(
            workspace_id=row.workspace_id,
            created_at=clock.now(),
            booking_id=row.id,
            user_id=context.user_id,
            deed=deed.value,
            text=text,
            from_start=before,
            to_start=after,
        )
    )
    detail = {"kind": row.kind, "agent_id": row.agent_id, "starts_at": row.starts_at, "from": before}
    audit.record(session, context, f"booking:{deed.value}", "booking", row.id, detail)


def checked_text(text: str) -> str:
    """What a person wrote. Raises Invalid where it is too long."""
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"That text is longer than {LONGEST_TEXT} characters.", remedy="Shorten it.")
    return "".join(each for each in text if each.isprintable() or each.isspace())


def _check(wanted: Wanted) -> None:
    zones.zone(wanted.zone)
    checked_text(wanted.topic)
    if wanted.starts_at.tzinfo is None or not _REQUEST_KEY.fullmatch(wanted.request_key):
        raise Invalid("This request was not understood.", remedy="Reload the page.")


def _person(context: Context) -> int:
    if context.user_id is None:
        raise NotPermitted("Only a person can book.")
    return context.user_id


def _name(session: Session, user_id: int) -> str:
    return Calendars(session).person(user_id).name


def _require_room(repository: BookingRepository, kind: Kind) -> None:
    waiting = repository.coming(kind, clock.now())
    if len(waiting) < MOST_COMING[kind]:
        return
    if kind is Kind.ONBOARDING:
        raise Conflict("Your onboarding session is booked already.", remedy="Move or cancel that one.")
    raise Conflict(
        f"Your workspace has {MOST_COMING[kind]} meetings to come already.", remedy="Move or cancel one of them first."
    )


def _offered(session: Session, agent_id: int, kind: Kind) -> AgentCalendar:
    """The agent's calendar, locked. Raises Conflict where nobody can book him for this."""
    if agent_id not in {user.id for _, user in Calendars(session).offered(kind)}:
        raise Conflict("That time is not offered any more.", remedy="Choose another one.")
    calendar = Calendars(session).of(agent_id, lock=True)
    if calendar is None or not calendar.is_offered or not offering.length_of(calendar, kind):
        raise Conflict("That time is not offered any more.", remedy="Choose another one.")
    return calendar


def _hold(session: Session, calendar: AgentCalendar, row: Booking) -> None:
    wanted = slots.held(row.starts_at, row.ends_at, calendar.buffer_before_min, calendar.buffer_after_min)
    if not Calendars(session).hold(row.agent_id, wanted, row.id):
        raise Conflict("Somebody else has just taken that time.", remedy="Choose another one.")


def _own(session: Session, context: Context, booking_id: int, *, cancelled_too: bool = False) -> Booking:
    """The booking, locked, where this person may change it now. Raises NotFound, NotPermitted, Conflict."""
    row = BookingRepository(session, context).locked(booking_id)
    context.require(permission_for(Kind(row.kind)))
    if cancelled_too and row.state == State.CANCELLED.value:
        return row
    why_not = views.why_not(row, context, clock.now())
    if why_not is None:
        return row
    if not views.is_theirs(row, context):
        raise NotPermitted(why_not, remedy="Ask that person, or an admin of this workspace.")
    raise Conflict(
        why_not, remedy="Book another time." if row.state != State.BOOKED.value else "Write to us under Support."
    )
