"""What the company that runs RCX keeps: leave to work inside a workspace, notes, announcements, its addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import WorkspaceRow, id_field, ref, time_field


class SupportAccess(WorkspaceRow, table=True):
    """A workspace lets agents work in it with `role` until a time, unless one of its admins ends it sooner."""

    __tablename__ = "support_access"

    role: str
    reason: str = ""
    granted_by: int = ref("user_account.id")
    until: datetime = time_field(default_now=True)
    ended_at: datetime | None = time_field()
    ended_by: int | None = ref("user_account.id", nullable=True)


class StaffNote(WorkspaceRow, table=True):
    """What an agent noted about a workspace, for other agents only."""

    __tablename__ = "staff_note"

    user_id: int = ref("user_account.id")
    text: str


class Announcement(SQLModel, table=True):
    """What platform admins tell the admins of all workspaces, shown in the app until each has read it."""

    __tablename__ = "announcement"

    id: int = id_field()
    title: str
    body: str
    written_by: int | None = ref("user_account.id", nullable=True)
    created_at: datetime = time_field(default_now=True)
    withdrawn_at: datetime | None = time_field()


class AnnouncementRead(WorkspaceRow, table=True):
    """A person of a workspace has read an announcement."""

    __tablename__ = "announcement_read"
    __table_args__ = (UniqueConstraint("workspace_id", "announcement_id", "user_id"),)

    announcement_id: int = ref("announcement.id")
    user_id: int = ref("user_account.id")


class EgressAddress(SQLModel, table=True):
    """An address or network (CIDR) that RCX calls vendors from, until it was removed."""

    __tablename__ = "egress_address"

    id: int = id_field()
    network: str = Field(index=True)
    note: str = ""
    added_by: int | None = ref("user_account.id", nullable=True)
    created_at: datetime = time_field(default_now=True)
    removed_at: datetime | None = time_field()
