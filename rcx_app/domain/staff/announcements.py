"""Notices to the admins of all workspaces: written by platform admins, shown in the app until each has read them."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.staff.schemas import NoticeView
from rcx_app.models import Announcement, AnnouncementRead, User, Workspace

LONGEST_TITLE, LONGEST_BODY = 120, 2000


def publish(session: Session, context: Context, title: str, body: str) -> int:
    """Tell all workspaces' admins. Returns the notice's id. Raises NotPermitted, Invalid."""
    context.require(Permission.PLATFORM)
    title, body = title.strip(), body.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(f"A title has 1 to {LONGEST_TITLE} characters.")
    if not body or len(body) > LONGEST_BODY:
        raise Invalid(f"A notice has 1 to {LONGEST_BODY:,} characters.")
    row = Announcement(title=title, body=body, written_by=context.user_id)
    session.add(row)
    session.flush()
    audit.record(session, context, "announcement:publish", "announcement", row.id, {"title": title})
    return row.id


def withdraw(session: Session, context: Context, notice_id: int) -> None:
    """Show a notice no more. Raises NotPermitted, NotFound, Conflict."""
    context.require(Permission.PLATFORM)
    row = _notice(session, notice_id)
    if row.withdrawn_at is not None:
        raise Conflict("This notice was taken back already.", remedy="Reload the page.")
    row.withdrawn_at = clock.now()
    session.add(row)
    audit.record(session, context, "announcement:withdraw", "announcement", row.id)


def written(session: Session, context: Context) -> list[NoticeView]:
    """All notices with how many have read each, newest first; needs `transaction(None)`. Raises NotPermitted."""
    context.require(Permission.AGENT)
    readers = dict(
        session.execute(
            select(AnnouncementRead.announcement_id, func.count()).group_by(col(AnnouncementRead.announcement_id))
        ).all()
    )
    query = (
        select(Announcement, User.name)
        .outerjoin(User, col(User.id) == Announcement.written_by)
        .order_by(col(Announcement.id).desc())
        .limit(100)
    )
    return [_view(row, name, readers.get(row.id, 0)) for row, name in session.execute(query)]


def unread(session: Session, context: Context) -> list[NoticeView]:
    """What an admin of this workspace has not read yet, oldest first; nothing for others and for guests.

    What was written before the workspace joined is no news to it.
    """
    if not context.allows(Permission.PEOPLE) or context.user_id is None:
        return []
    joined = select(Workspace.created_at).where(Workspace.id == context.workspace_id).scalar_subquery()
    read = select(AnnouncementRead.announcement_id).where(
        AnnouncementRead.workspace_id == context.workspace_id, AnnouncementRead.user_id == context.user_id
    )
    query = (
        select(Announcement)
        .where(
            col(Announcement.withdrawn_at).is_(None),
            col(Announcement.created_at) >= joined,
            col(Announcement.id).not_in(read),
        )
        .order_by(col(Announcement.id))
    )
    return [_view(row, None, None) for row in session.scalars(query)]


def mark_read(session: Session, context: Context, notice_id: int) -> None:
    """This person has read it; again does nothing. Raises NotFound."""
    row = _notice(session, notice_id)
    if context.user_id is None or row.id not in {each.notice_id for each in unread(session, context)}:
        return
    session.add(AnnouncementRead(workspace_id=context.workspace_id, announcement_id=row.id, user_id=context.user_id))
    session.flush()


def _notice(session: Session, notice_id: int) -> Announcement:
    found = session.get(Announcement, notice_id)
    if found is None:
        raise NotFound("The notice")
    return found


def _view(row: Announcement, name: str | None, readers: int | None) -> NoticeView:
    return NoticeView(
        notice_id=row.id,
        title=row.title,
        body=row.body,
        at=row.created_at,
        who=name or "RCX",
        withdrawn_at=row.withdrawn_at,
        readers=readers,
    )
