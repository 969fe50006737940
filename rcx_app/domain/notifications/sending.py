"""A digest as it is at the moment of sending: with what its reader's role lets him see then."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.mail import Letter
from rcx_app.core.settings import settings
from rcx_app.domain.mail.schemas import Taken
from rcx_app.domain.notifications import digest_text as text
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.readers import readers
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Kind, NoticeView, Scope
from rcx_app.models import Notice


def look(session: Session, context: Context, taken: Taken) -> Letter | None:
    """The digest as the person may have it at this moment; None where he may not have it any more."""
    repository = NoticeRepository(session, context)
    found = readers(repository, taken.user_id)
    if not found or (settings().require_verified_email and not found[0].is_verified):
        return None
    person = found[0]
    notices = [_view(each) for each in repository.notices_of(taken.mail_id) if person.wants(Kind(each.kind))]
    if not notices:
        return None
    letter = text.Letter(
        name=person.name,
        workspace=repository.workspace().name,
        public_url=settings().public_url,
        unsubscribe=unsubscribing.link(repository.workspace_id, person.user_id, Scope.DIGEST),
        frequency=person.choice.frequency,
    )
    return Letter(
        to=person.email,
        subject=text.subject(letter, notices),
        body=text.plain(letter, notices),
        html=text.html(letter, notices),
        headers=unsubscribing.headers(repository.workspace_id, person.user_id, Scope.DIGEST),
    )


def _view(row: Notice) -> NoticeView:
    return NoticeView(row.id, Kind(row.kind), row.title, row.detail, tuple(row.lines), row.href, row.at, False)
