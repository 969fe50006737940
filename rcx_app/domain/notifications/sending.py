"""The job `notices.send`: send the digests that wait, each once.

A mail is taken by one worker, and that is committed, before it is sent. One whose worker dies while it is sent may be
lost and is not sent again; the app shows what it told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.mail import send_mail
from rcx_app.core.settings import settings
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.notifications import digest_text as text
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.digests import TRY_AGAIN_AFTER
from rcx_app.domain.notifications.readers import readers
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Kind, NoticeView, Scope
from rcx_app.models import Notice, NoticeMail

_log = log.get("notices")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to be sent."""

    to: str
    subject: str
    body: str
    html: str
    headers: dict[str, str]


def run(job: JobHandle) -> dict[str, Any]:
    """Send what waits. Raises Unavailable where the mail server took not all of it."""
    sent, refused = 0, None
    for mail_id in _waiting(job.context, is_first=job.attempt == 1):
        job.progress(sent, note="Sending mails")
        try:
            sent += send(job.context, mail_id)
        except Unavailable as error:
            refused = error
    if refused is not None:
        raise refused
    return {"sent": sent}


def send(context: Context, mail_id: int) -> bool:
    """Send one mail; False where it is another worker's, or is not to be sent any more."""
    with transaction(context) as session:
        repository = NoticeRepository(session, context)
        row = repository.take(mail_id, clock.now())
        mail = _mail(repository, row) if row is not None else None
        if row is not None and mail is None:
            row.state = "dropped"
    if mail is None:
        return False
    try:
        send_mail(mail.to, mail.subject, mail.body, html=mail.html, headers=mail.headers)
    except Unavailable:
        _mark(context, mail_id, "waiting")
        raise
    _mark(context, mail_id, "sent")
    _log.info("digest_sent", workspace_id=context.workspace_id, mail_id=mail_id)
    return True


def _waiting(context: Context, *, is_first: bool) -> list[int]:
    """Mails to be sent now: what an earlier job could not send is left alone for a while, unless this is its retry."""
    at = clock.now()
    with transaction(context, read_only=True) as session:
        tried_before = at - TRY_AGAIN_AFTER if is_first else at
        return [row.id for row in NoticeRepository(session, context).mails(tried_before=tried_before)]


def _mail(repository: NoticeRepository, row: NoticeMail) -> Mail | None:
    """The mail as the person may have it at this moment; None where he may not have it any more."""
    found = readers(repository, row.user_id)
    if not found or (settings().require_verified_email and not found[0].is_verified):
        return None
    person = found[0]
    notices = [_view(each) for each in repository.notices_of(row.id) if person.wants(Kind(each.kind))]
    if not notices:
        return None
    letter = text.Letter(
        name=person.name,
        workspace=repository.workspace().name,
        public_url=settings().public_url,
        unsubscribe=unsubscribing.link(repository.workspace_id, person.user_id, Scope.DIGEST),
        frequency=person.choice.frequency,
    )
    return Mail(
        to=person.email,
        subject=text.subject(letter, notices),
        body=text.plain(letter, notices),
        html=text.html(letter, notices),
        headers=unsubscribing.headers(repository.workspace_id, person.user_id, Scope.DIGEST),
    )


def _view(row: Notice) -> NoticeView:
    return NoticeView(row.id, Kind(row.kind), row.title, row.detail, tuple(row.lines), row.href, row.at, False)


def _mark(context: Context, mail_id: int, state: str) -> None:
    with transaction(context) as session:
        NoticeRepository(session, context).get(NoticeMail, mail_id).state = state
