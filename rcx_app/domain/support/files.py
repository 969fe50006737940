"""Files of tickets: taking note of an upload, giving it to a message, handing it out, and deleting what nobody sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import after_commit
from rcx_app.core.errors import Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.support import kinds, limits
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.domain.support.schemas import FileView, Stored
from rcx_app.domain.support.thread import file_view
from rcx_app.models import SupportAttachment, SupportTicket

LOOSE_FOR = timedelta(days=1)
"""A file whose message was not sent within this time is deleted."""
# For so many tickets a person may have files waiting.
_LOOSE_TICKETS = 3


def look_into(filename: str, path: Path, sha256: str, size: int) -> Stored:
    """Say what the stored file at `path` is. Raises FileRefused."""
    found = kinds.media_type(filename, path)
    return Stored(filename=filename, stored_as=path.name, media_type=found, size_bytes=size, sha256=sha256)


def register(session: Session, context: Context, stored: Stored) -> FileView:
    """Take note of an upload; it belongs to the person alone until a message takes it.

    Agents' files lie in their own workspace until then. Raises NotFound where no such file is stored, Invalid where too
    many wait, TooMany.
    """
    if not context.allows(Permission.AGENT):
        context.require(Permission.SUPPORT)
    limits.count_file(context)
    folders.existing(folders.attachments(), stored.stored_as)
    repository = TicketRepository(session, context)
    if len(repository.loose_files()) >= _LOOSE_TICKETS * settings().attachments_per_ticket:
        raise Invalid("Many files wait for their message.", remedy="Send or take out those you have attached.")
    return file_view(repository.add(_row(context, stored)))


def loose(session: Session, context: Context, ticket_id: int | None = None) -> tuple[FileView, ...]:
    """Files that the person has uploaded for this ticket (None: for a new one) and not sent yet."""
    query = select(SupportAttachment).where(
        col(SupportAttachment.workspace_id) == context.workspace_id,
        col(SupportAttachment.uploaded_by) == context.user_id,
        col(SupportAttachment.entry_id).is_(None),
        col(SupportAttachment.ticket_id).is_(None)
        if ticket_id is None
        else col(SupportAttachment.ticket_id) == ticket_id,
    )
    return tuple(file_view(row) for row in session.scalars(query.order_by(col(SupportAttachment.id))))


def put_to(
    session: Session, context: Context, file_ids: Sequence[int], ticket_id: int | None = None
) -> tuple[FileView, ...]:
    """Say which ticket's message uploads are for, so that none goes along with another; returns all that wait there.

    What is not the person's, or has a place already, is left alone.
    """
    for row in TicketRepository(session, context).loose_files():
        if row.id in file_ids and row.ticket_id is None:
            row.ticket_id = ticket_id
    session.flush()
    return loose(session, context, ticket_id)


def remove(session: Session, context: Context, file_id: int) -> None:
    """Take back a file that was not sent yet. Raises NotFound for one that was, or is another's."""
    for row in TicketRepository(session, context).loose_files():
        if row.id == file_id:
            _delete(session, row)
            return
    raise NotFound("The file")


def claim(
    session: Session, context: Context, ticket: SupportTicket, entry_id: int, file_ids: Sequence[int]
) -> tuple[int, ...]:
    """Give the person's uploaded files to a message. `context` is the one that he uploaded in.

    Raises NotFound where one is not his, was sent before or is for another ticket, Invalid where the ticket would have
    too many.
    """
    wanted = set(file_ids)
    if not wanted:
        return ()
    found = [row for row in TicketRepository(session, context).loose_files() if row.id in wanted]
    rows = [row for row in found if row.ticket_id in (None, ticket.id)]
    if len(rows) != len(wanted):
        raise NotFound("A file", remedy="Attach it again.")
    inside = TicketRepository(session, replace(context, workspace_id=ticket.workspace_id))
    require_room(inside, ticket, len(rows))
    for row in rows:
        row.workspace_id, row.ticket_id, row.entry_id = ticket.workspace_id, ticket.id, entry_id
    session.flush()
    return tuple(row.id for row in rows)


def attach(repository: TicketRepository, ticket: SupportTicket, entry_id: int, stored: Stored) -> None:
    """Add a stored file to a message at once (of a mail)."""
    row = _row(repository.context, stored)
    row.ticket_id, row.entry_id = ticket.id, entry_id
    repository.add(row)


def held(repository: TicketRepository, ticket: SupportTicket) -> int:
    """How many files the ticket's messages have."""
    return sum(row.entry_id is not None for row in repository.files_of(ticket.id))


def require_room(repository: TicketRepository, ticket: SupportTicket, more: int) -> None:
    """Raises Invalid where the ticket can't have so many files more."""
    if held(repository, ticket) + more > settings().attachments_per_ticket:
        raise _too_many()


def hand_out(session: Session, context: Context, file_id: int) -> tuple[Stored, Path]:
    """A file for one who may see its ticket, or who uploaded it; counted and noted in the trail.

    `context` of an agent needs a transaction without a workspace. Raises NotFound, also where it is not his to see.
    """
    found = session.get(SupportAttachment, file_id)
    if found is None or not _sees(session, context, found):
        raise NotFound("The file")
    path = folders.existing(folders.attachments(), found.stored_as)
    found.downloads += 1
    session.flush()
    if found.ticket_id is not None:
        inside = replace(context, workspace_id=found.workspace_id)
        audit.record(session, inside, "ticket:download", "ticket", found.ticket_id, {"file_id": found.id})
    stored = Stored(
        filename=found.filename,
        stored_as=found.stored_as,
        media_type=found.media_type,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
    )
    return stored, path


def sweep(session: Session) -> int:
    """Delete files whose message was never sent; returns how many. Needs a transaction without a workspace."""
    query = select(SupportAttachment).where(
        col(SupportAttachment.entry_id).is_(None), col(SupportAttachment.created_at) < clock.now() - LOOSE_FOR
    )
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in rows:
        _delete(session, row)
    return len(rows)


def _sees(session: Session, context: Context, row: SupportAttachment) -> bool:
    if row.entry_id is None or row.ticket_id is None:
        return row.uploaded_by == context.user_id
    if context.allows(Permission.AGENT):
        return True
    if row.workspace_id != context.workspace_id or not context.allows(Permission.SUPPORT):
        return False
    return TicketRepository(session, context).ticket(row.ticket_id) is not None


def _row(context: Context, stored: Stored) -> SupportAttachment:
    if context.user_id is None:
        raise ValueError("a file is uploaded by a person")
    return SupportAttachment(
        workspace_id=context.workspace_id,
        uploaded_by=context.user_id,
        filename=stored.filename,
        stored_as=stored.stored_as,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        created_at=clock.now(),
    )


def _delete(session: Session, row: SupportAttachment) -> None:
    name = row.stored_as
    session.delete(row)
    session.flush()
    after_commit(session, lambda: (folders.attachments() / name).unlink(missing_ok=True))


def _too_many() -> Invalid:
    most = settings().attachments_per_ticket
    return Invalid(f"A ticket holds {most} files at most.", remedy="Take one out, or put several into one PDF.")
