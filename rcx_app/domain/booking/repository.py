"""SQL of bookings: of one workspace, and of all for those who work across them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Permission, Staff
from rcx_app.core.repository import Repository
from rcx_app.domain.booking.schemas import Kind, State
from rcx_app.models import (
    AgentCalendar,
    Booking,
    BookingEvent,
    BookingQuarter,
    CalendarException,
    User,
    Workspace,
)

_STAFF = (Staff.AGENT.value, Staff.PLATFORM_ADMIN.value)


class BookingRepository(Repository):
    """Bookings of one workspace."""

    noun = "This booking"

    def workspace(self, *, lock: bool = False) -> Workspace:
        """The workspace; locked, its people book one after the other."""
        query = select(Workspace).where(col(Workspace.id) == self.workspace_id)
        return self.session.scalars(query.with_for_update(key_share=True) if lock else query).one()

    def locked(self, booking_id: int) -> Booking:
        """The booking as it is now, locked. Raises NotFound."""
        query = self.scoped(Booking).where(col(Booking.id) == booking_id).with_for_update()
        found: Booking | None = self.session.scalars(
            query.execution_options(populate_existing=True)
        ).one_or_none()  # fmt: skip
        if found is None:
            raise NotFound(self.noun)
        return found

    def by_request(self, request_key: str) -> Booking | None:
        """What was booked by this very request."""
        found: Booking | None = self.session.scalars(
            self.scoped(Booking).where(col(Booking.request_key) == request_key)
        ).one_or_none()  # fmt: skip
        return found

    def coming(self, kind: Kind, now: datetime) -> list[Booking]:
        """Bookings that are still to come or under way, soonest first."""
        query = self.scoped(Booking).where(
            col(Booking.kind) == kind.value, col(Booking.state) == State.BOOKED.value, col(Booking.ends_at) > now
        )
        return list(self.session.scalars(query.order_by(col(Booking.starts_at), col(Booking.id))))

    def past(self, kind: Kind, now: datetime, limit: int) -> list[Booking]:
        """Bookings that are over or cancelled, latest first."""
        query = self.scoped(Booking).where(
            col(Booking.kind) == kind.value,
            or_(col(Booking.state) != State.BOOKED.value, col(Booking.ends_at) <= now),
        )
        return list(
            self.session.scalars(query.order_by(col(Booking.starts_at).desc(), col(Booking.id).desc()).limit(limit))
        )


class Calendars:
    """Agents' calendars and what of them is held. They are no workspace's, so any transaction may read them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def offered(self, kind: Kind) -> list[tuple[AgentCalendar, User]]:
        """The calendars in which such a session can be booked now, with whose they are, by id."""
        length = col(AgentCalendar.onboarding_min) if kind is Kind.ONBOARDING else col(AgentCalendar.meeting_min)
        query = (
            select(AgentCalendar, User)
            .join(User, col(User.id) == col(AgentCalendar.user_id))
            .where(col(AgentCalendar.is_offered), length > 0, col(User.staff).in_(_STAFF))
            .order_by(col(User.id))
        )
        return [(calendar, user) for calendar, user in self.session.execute(query)]

    def of(self, agent_id: int, *, lock: bool = False) -> AgentCalendar | None:
        """An agent's calendar; locked, what is booked in it is booked one after the other."""
        query = select(AgentCalendar).where(col(AgentCalendar.user_id) == agent_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return self.session.scalars(query).one_or_none()

    def agents(self, now: datetime) -> list[User]:
        """All who are agents, and who were and still have something booked, by name.

        Needs a transaction without a workspace, or bookings of others are not seen.
        """
        held = select(Booking.agent_id).where(
            col(Booking.state) == State.BOOKED.value, col(Booking.ends_at) > now
        )  # fmt: skip
        query = select(User).where(or_(col(User.staff).in_(_STAFF), col(User.id).in_(held)))
        return list(self.session.scalars(query.order_by(col(User.name), col(User.id))))

    def person(self, user_id: int) -> User:
        return self.session.get_one(User, user_id)

    def people(self, user_ids: Collection[int]) -> dict[int, User]:
        query = select(User).where(col(User.id).in_(sorted(set(user_ids))))
        return {user.id: user for user in self.session.scalars(query)}

    def exceptions(self, calendar_id: int | None, first: date, last: date) -> list[CalendarException]:
        """What differs for this calendar from `first` to `last`, all agents' holidays with it; by day."""
        query = select(CalendarException).where(
            or_(col(CalendarException.calendar_id) == calendar_id, col(CalendarException.calendar_id).is_(None)),
            col(CalendarException.first_day) <= last,
            col(CalendarException.last_day) >= first,
        )
        return list(self.session.scalars(query.order_by(col(CalendarException.first_day), col(CalendarException.id))))

    def exception(self, exception_id: int) -> CalendarException | None:
        return self.session.get(CalendarException, exception_id)

    def count_exceptions(self, calendar_id: int | None) -> int:
        query = select(func.count()).select_from(CalendarException)
        return int(self.session.scalars(query.where(col(CalendarException.calendar_id) == calendar_id)).one())

    # --- quarters

    def taken(self, agent_id: int, first: int, until: int, *, but: int | None = None) -> set[int]:
        """The agent's quarters that are held from `first` until before `until`, but for those of one booking."""
        query = select(BookingQuarter.quarter).where(
            col(BookingQuarter.agent_id) == agent_id,
            col(BookingQuarter.quarter) >= first,
            col(BookingQuarter.quarter) < until,
        )
        if but is not None:
            query = query.where(col(BookingQuarter.booking_id) != but)
        return set(self.session.scalars(query))

    def load(self, agent_ids: Collection[int], first: int, until: int) -> dict[int, int]:
        """Agent -> how many of his quarters are held in this time."""
        query = (
            select(BookingQuarter.agent_id, func.count())
            .where(
                col(BookingQuarter.agent_id).in_(sorted(agent_ids)),
                col(BookingQuarter.quarter) >= first,
                col(BookingQuarter.quarter) < until,
            )
            .group_by(col(BookingQuarter.agent_id))
        )
        return {agent_id: number for agent_id, number in self.session.execute(query)}  # noqa: C416

    def hold(self, agent_id: int, quarters: Iterable[int], booking_id: int) -> bool:
        """Hold these quarters for a booking; False where one is held already, and then none is."""
        try:
            with self.session.begin_nested():
                self.session.add_all(
                    BookingQuarter(agent_id=agent_id, quarter=each, booking_id=booking_id) for each in sorted(quarters)
                )
                self.session.flush()
        except IntegrityError:
            return False
        return True

    def release(self, booking_id: int) -> None:
        """Let go of all that a booking holds."""
        self.session.execute(delete(BookingQuarter).where(col(BookingQuarter.booking_id) == booking_id))


class AllBookings:
    """Bookings of all workspaces, for agents and the system; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, booking_id: int) -> Booking | None:
        return self.session.get(Booking, booking_id)

    def of_agent(self, agent_id: int, first: datetime, until: datetime) -> list[tuple[Booking, Workspace, User]]:
        """What the agent holds or held from `first` until `until`, cancelled ones left out; by time."""
        return self._listed(
            _shown().where(
                col(Booking.agent_id) == agent_id,
                col(Booking.starts_at) < until,
                col(Booking.ends_at) > first,
                col(Booking.state) != State.CANCELLED.value,
            )
        )

    def coming(self, agent_id: int, now: datetime) -> list[tuple[Booking, Workspace, User]]:
        return self._listed(
            _shown().where(
                col(Booking.agent_id) == agent_id,
                col(Booking.state) == State.BOOKED.value,
                col(Booking.starts_at) > now,
            )
        )

    def unmarked(self, agent_id: int, now: datetime) -> list[tuple[Booking, Workspace, User]]:
        """Over, and not yet marked as kept or not."""
        return self._listed(
            _shown().where(
                col(Booking.agent_id) == agent_id,
                col(Booking.state) == State.BOOKED.value,
                col(Booking.ends_at) <= now,
            )
        )

    def one(self, booking_id: int) -> tuple[Booking, Workspace, User] | None:
        found = self._listed(_shown().where(col(Booking.id) == booking_id))
        return found[0] if found else None

    def events(self, booking_id: int) -> list[tuple[BookingEvent, str | None]]:
        """A booking's history with names, oldest first."""
        query = (
            select(BookingEvent, User.name)
            .outerjoin(User, col(User.id) == col(BookingEvent.user_id))
            .where(col(BookingEvent.booking_id) == booking_id)
            .order_by(col(BookingEvent.id))
        )
        return [(event, name) for event, name in self.session.execute(query)]

    def to_remind(self, first: datetime, until: datetime) -> list[tuple[int, int]]:
        """(workspace, booking) of what begins in this time, soonest first."""
        query = (
            select(Booking.workspace_id, Booking.id)
            .where(
                col(Booking.state) == State.BOOKED.value,
                col(Booking.starts_at) > first,
                col(Booking.starts_at) <= until,
            )
            .order_by(col(Booking.starts_at), col(Booking.id))
        )
        return [(workspace_id, booking_id) for workspace_id, booking_id in self.session.execute(query)]

    def _listed(self, query: Select[Any]) -> list[tuple[Booking, Workspace, User]]:
        found = self.session.execute(query.order_by(col(Booking.starts_at), col(Booking.id)))
        return [(booking, workspace, user) for booking, workspace, user in found]


def _shown() -> Select[Any]:
    query: Any = select(Booking, Workspace, User)
    found: Select[Any] = query.join(Workspace, col(Workspace.id) == col(Booking.workspace_id)).join(
        User, col(User.id) == col(Booking.user_id)
    )
    return found


def permission_for(kind: Kind) -> Permission:
    """What a person of the workspace needs to book such."""
    return Permission.ONBOARD if kind is Kind.ONBOARDING else Permission.SUPPORT
