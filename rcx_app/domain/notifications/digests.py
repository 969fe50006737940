"""Making digests: at a person's morning all that he was not told yet becomes one mail, and the next morning is set.

Both happen in one transaction, on the locked row of the person's choice. So two workers at once make one mail, and a
crash leaves either all of it or nothing. After a time when nobody worked, or the mail server took nothing, what has
gathered is one mail as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.mail import kinds as mail_kinds
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.schemas import NewMail
from rcx_app.domain.notifications.mornings import next_morning
from rcx_app.domain.notifications.readers import readers
from rcx_app.domain.notifications.repository import AllNotices, NoticeRepository
from rcx_app.domain.notifications.schemas import Frequency, Kind
from rcx_app.models import NoticeChoice

TOO_LATE = timedelta(days=14)
"""After two weekly mornings at the latest, another digest has taken it up."""


def workspaces_due(session: Session) -> list[int]:
    """Workspaces with digests to make (needs a transaction without a workspace)."""
    return AllNotices(session).due(clock.now())


def make(session: Session, context: Context) -> int:
    """Make the digests that are due; returns how many were made."""
    repository, at = NoticeRepository(session, context), clock.now()
    zone, made = repository.workspace().time_zone, 0
    for choice in repository.due(at):
        made += _make(repository, choice, at)
        choice.next_at = next_morning(at, Frequency(choice.frequency), zone)
    session.flush()
    return made


def _make(repository: NoticeRepository, choice: NoticeChoice, at: datetime) -> bool:
    """One person's digest; False where there is nothing to tell him, or he is no member any more."""
    found = readers(repository, choice.user_id)
    waiting = repository.untold(choice.user_id)
    # A mail that could not be sent until now is taken up by this one.
    outbox.drop(
        repository.session, repository.context, mail_kinds.Kind.DIGEST, choice.user_id, reason="taken up by a later one"
    )
    # Not told, and not later either: what his role does not let him know any more, or he does not want to know.
    for each in waiting:
        each.for_mail = bool(found) and found[0].wants(Kind(each.kind))
    told = [each for each in waiting if each.for_mail]
    if not told:
        return False
    new = NewMail(
        kind=mail_kinds.Kind.DIGEST,
        key=f"digest:{repository.workspace_id}:{at.isoformat()}:{choice.user_id}",
        workspace_id=repository.workspace_id,
        user_id=choice.user_id,
        send_before=at + TOO_LATE,
    )
    mail_id = outbox.write(repository.session, new)
    for each in told:
        each.mail_id = mail_id
    return True
