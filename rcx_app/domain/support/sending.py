"""The job `support.send`: send the mails that wait, each once.

A mail is taken by one worker before it is sent. One whose worker dies in between may be lost and is never doubled; the
ticket shows everything all the same. What a person may no longer see is not sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.mail import send_mail
from rcx_app.core.settings import settings
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.support import mail_text, mails
from rcx_app.domain.support.addresses import Told, reply_address
from rcx_app.domain.support.desk_repository import is_agent
from rcx_app.domain.support.mails import Side
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.models import SupportEntry, SupportMail, SupportTicket, User, Workspace

TRY_AGAIN_AFTER = timedelta(minutes=15)
TOO_LATE = timedelta(days=2)
_Message = tuple[str, str, str, dict[str, str]]
_log = log.get("support")


def run(job: JobHandle) -> dict[str, Any]:
    """Send what waits. Raises Unavailable where the mail server took not all of it: the job is tried again."""
    context = job.context
    sent, refused = 0, None
    for mail_id in _waiting(context, is_first=job.attempt == 1):
        job.progress(sent, note="Sending mails")
        try:
            sent += _send(context, mail_id)
        except Unavailable as error:
            refused = error
    if refused is not None:
        raise refused
    return {"sent": sent}


def workspaces_left(session: Session) -> list[int]:
    """Workspaces with mails that have waited for long, since their job failed. Needs a transaction of the system."""
    query = select(SupportMail.workspace_id).where(
        col(SupportMail.state) == "waiting", col(SupportMail.created_at) < clock.now() - TRY_AGAIN_AFTER
    )
    return sorted(session.scalars(query.distinct()))


def _waiting(context: Context, *, is_first: bool) -> list[int]:
    """Mails to be sent now: what an earlier job could not send is left alone for a while, unless this is its retry."""
    at = clock.now()
    with transaction(context, read_only=True) as session:
        tried_before = at - TRY_AGAIN_AFTER if is_first else at
        return [row.id for row in TicketRepository(session, context).mails(tried_before=tried_before)]


def _send(context: Context, mail_id: int) -> bool:
    """Send one mail; False where it is another worker's, or is not to be sent any more."""
    with transaction(context) as session:
        repository = TicketRepository(session, context)
        row = repository.take_mail(mail_id, clock.now())
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
    _log.info("support_mail_sent", workspace_id=context.workspace_id, mail_id=mail_id)
    return True


def _message(repository: TicketRepository, row: SupportMail) -> _Message | None:
    """Address, subject, text and headers; None where it is too late, or the person may not have it any more."""
    ticket = repository.get(SupportTicket, row.ticket_id)
    person = _reader(repository, ticket, row)
    if person is None or row.created_at < clock.now() - TOO_LATE:
        return None
    entry = repository.get(SupportEntry, row.entry_id) if row.entry_id is not None else None
    names = repository.names([entry.author_id]) if entry is not None else {}
    place = "staff/tickets" if row.side == Side.STAFF else "support/tickets"
    session = repository.session
    told = mail_text.Told(
        name=person.name,
        side=Side(row.side),
        about=row.about,
        ticket=f"T-{ticket.number}",
        subject=ticket.subject,
        workspace=session.scalars(select(Workspace.name).where(col(Workspace.id) == ticket.workspace_id)).one(),
        who=_who(entry, names),
        # The receipt of a new ticket need not repeat what the person has just written.
        words=entry.text if entry is not None and not (row.about == "opened" and row.side == Side.PEOPLE) else "",
        files=tuple(
            each.filename for each in repository.files_of(ticket.id) if entry is not None and each.entry_id == entry.id
        ),
        link=f"{settings().public_url}/{place}/{ticket.id}",
        address=reply_address(Told(ticket.id, person.id, Side(row.side))),
        thread_id=f"<ticket-{ticket.id}@rcx.example>",
    )
    return person.email, mail_text.subject(told), mail_text.body(told), dict(mail_text.headers(told))


def _reader(repository: TicketRepository, ticket: SupportTicket, row: SupportMail) -> User | None:
    """The person, where he may still have this mail."""
    if row.side == Side.STAFF:
        person = repository.session.get(User, row.user_id)
        return person if is_agent(person) else None
    return next((user for user in mails.readers(repository, ticket) if user.id == row.user_id), None)


def _who(entry: SupportEntry | None, names: dict[int, str]) -> str:
    if entry is None:
        return "another agent"
    return names.get(entry.author_id or 0, "RCX") + (" (support)" if entry.is_staff else "")


def _mark(context: Context, mail_id: int, state: str) -> None:
    with transaction(context) as session:
        TicketRepository(session, context).get(SupportMail, mail_id).state = state
