"""The job `alerts.send`: make the workspace's digest where one is due, and send its mails.

Who gets one chose so under his notifications; whoever is told of integrations finds each change there as well. A
change is marked as told in the transaction that writes the mails' rows, and a mail is taken by one worker before it is
sent. So nothing is told twice; a mail whose worker dies while it is sent may be lost, and the app shows the alert.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.mail import send_mail
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import alerts_history as history
from rcx_app.domain.integrations import alerts_mail as text
from rcx_app.domain.integrations import alerts_news as news
from rcx_app.domain.integrations.alerts_repository import HealthRepository
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.collecting import tell
from rcx_app.domain.notifications.readers import readers
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Event, Kind, Scope
from rcx_app.models import AlertMail, HealthChange

TOO_LATE = timedelta(days=1)
_log = log.get("alerts")


def run(job: JobHandle) -> dict[str, Any]:
    """Make what digest is due and send what waits. Raises Unavailable where the mail server took not all of it."""
    context = job.context
    with transaction(context) as session:
        history.note_all(session, context)
    with transaction(context) as session:
        told = digest(session, context)
    sent, refused = 0, None
    for mail_id in _waiting(context, is_first=job.attempt == 1):
        job.progress(sent, note="Sending mails")
        try:
            sent += _send(context, mail_id)
        except Unavailable as error:
            refused = error
    if refused is not None:
        raise refused
    return {"told": told, "sent": sent}


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
            repository.add(
                AlertMail(workspace_id=context.workspace_id, user_id=user.id, changes=ids, created_at=at)
            )  # fmt: skip
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


def _waiting(context: Context, *, is_first: bool) -> list[int]:
    """Mails to be sent now: what an earlier job could not send is left alone for a while, unless this is its retry."""
    at = clock.now()
    with transaction(context, read_only=True) as session:
        tried_before = at - history.TRY_AGAIN_AFTER if is_first else at
        return [row.id for row in HealthRepository(session, context).mails(tried_before=tried_before)]


def _send(context: Context, mail_id: int) -> bool:
    """Send one mail; False where it is another worker's, or is not to be sent any more."""
    with transaction(context) as session:
        repository = HealthRepository(session, context)
        row = repository.take(mail_id, clock.now())
        message = _message(repository, row) if row is not None else None
        if row is not None and message is None:
            row.state = "dropped"
    if message is None:
        return False
    to, subject, body, headers = message
    try:
        send_mail(to, subject, body, headers=headers)
    except Unavailable:
        _mark(context, mail_id, "waiting")
        raise
    _mark(context, mail_id, "sent")
    _log.info("alert_mail_sent", workspace_id=context.workspace_id, mail_id=mail_id)
    return True


def _message(repository: HealthRepository, row: AlertMail) -> tuple[str, str, str, dict[str, str]] | None:
    """Address, subject, text and headers; None where it is too late, or the person may not or will not have it."""
    chosen = settings()
    wanting = readers(NoticeRepository(repository.session, repository.context), row.user_id)
    if not any(each.wants(Kind.HEALTH) and each.choice.alarm_mail for each in wanting):
        return None
    people = repository.readers(verified_only=chosen.require_verified_email, user_id=row.user_id)
    found = repository.changes_of(row.changes)
    if not people or not found or row.created_at < clock.now() - TOO_LATE:
        return None
    workspace = " ".join(repository.workspace().name.split())
    items = [text.Item(change=history.view(each, label), since=each.unwell_since) for each, label in found]
    ended = unsubscribing.link(repository.workspace_id, row.user_id, Scope.ALARMS)
    body = text.body(people[0].name, workspace, items, chosen.public_url, ended)
    headers = unsubscribing.headers(repository.workspace_id, row.user_id, Scope.ALARMS)
    return people[0].email, text.subject(workspace, items), body, headers


def _mark(context: Context, mail_id: int, state: str) -> None:
    with transaction(context) as session:
        HealthRepository(session, context).get(AlertMail, mail_id).state = state
