"""The job `alerts.send`: write the workspace's mails about health where such are due, and how they look when sent.

Who gets one chose so under his notifications; whoever is told of integrations finds each change there as well. A
change is marked as told in the transaction that writes the mails into the outbox, so that nothing is told twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.mail import Letter
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import alerts_history as history
from rcx_app.domain.integrations import alerts_mail as text
from rcx_app.domain.integrations import alerts_news as news
from rcx_app.domain.integrations.alerts_repository import HealthRepository
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.mail import kinds as mail_kinds
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.schemas import NewMail, Taken
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.collecting import tell
from rcx_app.domain.notifications.readers import readers
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Event, Kind, Scope
from rcx_app.models import HealthChange

TOO_LATE = timedelta(days=1)


def run(job: JobHandle) -> dict[str, Any]:
    """Write the mails that are due."""
    context = job.context
    with transaction(context) as session:
        history.note_all(session, context)
    with transaction(context) as session:
        return {"told": digest(session, context)}


def digest(session: Session, context: Context) -> int:
    """Write the mails about all that is new, where the last digest is an hour ago; returns how many changes they tell.

    Called by several at once, one writes them.
    """
    repository, at = HealthRepository(session, context), clock.now()
    repository.workspace(lock=True)
    if not news.may_tell(repository.told_last(), at):
        return 0
    rows = [row for row in repository.latest_locked().values() if news.is_news(row, at)]
    for row in rows:
        news.announce(row, at)
    ids = sorted(row.id for row in rows)
    wanting = _tell(session, context, repository, ids) if ids else set()
    for user in repository.readers(verified_only=settings().require_verified_email) if ids else ():
        if user.id in wanting:
            new = NewMail(
                kind=mail_kinds.Kind.ALERT,
                key=f"alert:{context.workspace_id}:{at.isoformat()}:{user.id}",
                workspace_id=context.workspace_id,
                user_id=user.id,
                about={"changes": ids},
                send_before=at + TOO_LATE,
            )
            outbox.write(session, new)
    session.flush()
    return len(ids)


def _tell(session: Session, context: Context, repository: HealthRepository, ids: list[int]) -> set[int]:
    """Put the changes among the notices of whoever is told of integrations; returns who wants a mail as well."""
    notices = NoticeRepository(session, context)
    people = [each for each in readers(notices) if each.wants(Kind.HEALTH)]
    for change, label in repository.changes_of(ids):
        tell(notices, _event(change, label), people, by_digest=False)
    return {each.user_id for each in people if each.choice.alarm_mail}


def _event(change: HealthChange, label: str) -> Event:
    said = " ".join(part for part in (change.reason, change.remedy) if part)
    return Event(
        kind=Kind.HEALTH,
        key=f"health:{change.id}",
        at=change.created_at,
        title=f"{label}: {change.word}",
        detail="" if change.to_health == "healthy" else said,
        href=f"/integrations?connection={change.connection_id}",
    )


def look(session: Session, context: Context, taken: Taken) -> Letter | None:
    """The mail as it is at the moment of sending; None where the person may not or will not have it."""
    repository, chosen = HealthRepository(session, context), settings()
    wanting = readers(NoticeRepository(session, context), taken.user_id)
    if not any(each.wants(Kind.HEALTH) and each.choice.alarm_mail for each in wanting):
        return None
    people = repository.readers(verified_only=chosen.require_verified_email, user_id=taken.user_id)
    found = repository.changes_of(taken.about["changes"])
    if not people or not found:
        return None
    workspace = " ".join(repository.workspace().name.split())
    items = [text.Item(change=history.view(each, label), since=each.unwell_since) for each, label in found]
    person = people[0]
    ended = unsubscribing.link(context.workspace_id, person.id, Scope.ALARMS)
    return Letter(
        to=person.email,
        subject=text.subject(workspace, items),
        body=text.body(person.name, workspace, items, chosen.public_url, ended),
        headers=unsubscribing.headers(context.workspace_id, person.id, Scope.ALARMS),
    )
