"""A person's own notices and how he wants to be told: list, count, mark as read, choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid, NotPermitted
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.notifications.mornings import next_morning, said
from rcx_app.domain.notifications.readers import allowed, choice_of, row_of
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import (
    MOST_AMOUNT,
    Choice,
    Frequency,
    Kind,
    NoticeView,
    Settings,
)
from rcx_app.models import Notice

_BELL = 8
_KEPT_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class News:
    """What the bell shows: how many are unread, and the newest."""

    unread: int
    newest: tuple[NoticeView, ...]


def news(session: Session, context: Context) -> News:
    """This person's newest notices."""
    context.require(Permission.SELF)
    user_id, kinds = _user(context), _kinds(context)
    repository = NoticeRepository(session, context)
    return News(repository.unread(user_id, kinds), tuple(map(_view, repository.newest(user_id, kinds, _BELL))))


def listed(session: Session, context: Context, cursor: str = "", *, unread_only: bool = False) -> Page[NoticeView]:
    """All of this person's notices, newest first."""
    context.require(Permission.SELF)
    repository = NoticeRepository(session, context)
    return repository.page(_user(context), _kinds(context), cursor, unread_only=unread_only).map(_view)


def mark_read(session: Session, context: Context, notice_id: int | None = None) -> int:
    """Mark one of this person's notices as read, or all; another person's is not touched. Returns how many."""
    context.require(Permission.SELF)
    return NoticeRepository(session, context).mark_read(_user(context), clock.now(), notice_id)


def settings_of(session: Session, context: Context) -> Settings:
    """How this person is told."""
    context.require(Permission.SELF)
    repository = NoticeRepository(session, context)
    row = repository.choice(_user(context))
    found = repository.members(_user(context))
    choice, zone = choice_of(row), repository.workspace().time_zone
    offered = allowed(context.role, context.stage)
    following = row.next_at if row is not None else next_morning(clock.now(), choice.frequency, zone)
    return Settings(
        choice=choice,
        offered=tuple(kind for kind in Kind if kind in offered),
        morning=said(zone),
        next_at=following,
        email=found[0][0].email if found else "",
    )


def save(
    session: Session,
    context: Context,
    *,
    frequency: Frequency,
    kinds: Iterable[Kind],
    min_amount: Decimal,
    alarm_mail: bool,
) -> None:
    """Keep how this person wants to be told. Raises Invalid for an absurd amount.

    What gathered while no digest was wanted is not sent afterwards.
    """
    context.require(Permission.SELF)
    if not 0 <= min_amount <= MOST_AMOUNT:
        raise Invalid(f"The amount lies between 0 and {MOST_AMOUNT:,}.", remedy="Enter an amount such as 100.")
    repository, user_id = NoticeRepository(session, context), _user(context)
    repository.keep_missing([row_of(context.workspace_id, user_id, Choice())])
    row = repository.choice(user_id, lock=True)
    if row is None:
        raise NotPermitted("You are no member of this workspace.", remedy="Switch to one of yours.")
    was, offered = choice_of(row), allowed(context.role, context.stage)
    # What his role does not offer stays as he chose it before.
    chosen = (frozenset(kinds) & offered) | (was.kinds - offered)
    wanted = Choice(frequency, chosen, min_amount, alarm_mail)
    if wanted == was and (row.next_at is not None or frequency is Frequency.OFF):
        return
    made = row_of(context.workspace_id, user_id, wanted)
    row.frequency, row.kinds, row.min_amount = made.frequency, made.kinds, made.min_amount
    row.alarm_mail = made.alarm_mail
    row.next_at = next_morning(clock.now(), frequency, repository.workspace().time_zone)
    if Frequency.OFF in (frequency, was.frequency):
        repository.hold_back(user_id)
    session.flush()
    detail = {"frequency": row.frequency, "kinds": row.kinds, "min_amount": row.min_amount, "alarms": row.alarm_mail}
    audit.record(session, context, "notices:choose", detail=detail)


def sweep(session: Session, context: Context) -> int:
    """Delete notices that are half a year old; returns how many."""
    return NoticeRepository(session, context).forget(clock.now() - _KEPT_FOR)


def _user(context: Context) -> int:
    if context.user_id is None:
        raise NotPermitted("Only a person has notices.")
    return context.user_id


def _kinds(context: Context) -> list[str]:
    """What the person's role lets him see now."""
    return [each.value for each in allowed(context.role, context.stage)]


def _view(row: Notice) -> NoticeView:
    return NoticeView(
        notice_id=row.id,
        kind=Kind(row.kind),
        title=row.title,
        detail=row.detail,
        lines=tuple(row.lines),
        href=row.href,
        at=row.at,
        is_read=row.read_at is not None,
    )
