"""Support tickets: what people ask, what agents answer and note, files, drafts, and who looks at one now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import WorkspaceRow, id_field, json_field, ref, time_field


class SupportTicket(WorkspaceRow, table=True):
    """One question of a workspace; people call it by `number` (``T-12``), which counts from 1 in each workspace.

    `status` is `domain.support.states.Status`, `status_before` the one that a withdrawn ticket returns to. `queued_at`:
    since when it waits for us, which is its place in the agents' queue; withdrawing and reinstating keep it.
    `is_private`: only the asker, the workspace's admins and agents may see it. `once_key` names the form that it was
    sent with, so that a form sent twice makes one ticket. `version` goes up with every change of the row.
    """

    __tablename__ = "support_ticket"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "asker_id", "once_key"),
        Index("ix_support_ticket_status_queued_at", "status", "queued_at"),
    )

    number: int
    subject: str
    category: str
    priority: str
    status: str = "open"
    status_before: str = ""
    is_private: bool = False
    asker_id: int = ref("user_account.id", index=True)
    assignee_id: int | None = ref("user_account.id", index=True, nullable=True)
    connection_id: int | None = ref("connection.id", nullable=True)
    once_key: str
    version: int = 1
    queued_at: datetime = time_field(default_now=True)
    changed_at: datetime = time_field(default_now=True)
    first_answered_at: datetime | None = time_field()
    ended_at: datetime | None = time_field()


class SupportEntry(WorkspaceRow, table=True):
    """One step of a ticket's thread as everybody sees it who may see the ticket.

    `kind`: message | event (then `deed` names it and `text` may hold a reason). `source`: app | mail. `once_key` is the
    form's or the mail's own, so that one sent twice stands there once. `author_id` None: RCX itself.
    """

    __tablename__ = "support_entry"
    __table_args__ = (UniqueConstraint("ticket_id", "once_key"),)

    ticket_id: int = ref("support_ticket.id", cascade=True)
    kind: str
    deed: str = ""
    author_id: int | None = ref("user_account.id", nullable=True)
    is_staff: bool = False
    text: str = ""
    source: str = "app"
    once_key: str | None = Field(default=None, nullable=True)


class SupportNote(WorkspaceRow, table=True):
    """What agents say among themselves about a ticket: notes, and events such as an assignment.

    A table of its own, which no transaction of a workspace can read on PostgreSQL: no slip in a query of the people's
    pages can show a note. `kind`: note | event.
    """

    __tablename__ = "support_note"
    __table_args__ = (UniqueConstraint("ticket_id", "once_key"),)

    ticket_id: int = ref("support_ticket.id", cascade=True)
    kind: str
    deed: str = ""
    author_id: int | None = ref("user_account.id", nullable=True)
    text: str = ""
    once_key: str | None = Field(default=None, nullable=True)


class SupportAttachment(WorkspaceRow, table=True):
    """A file of a ticket. Until its message is sent it belongs to nobody but `uploaded_by` (`entry_id` is None), and
    `ticket_id` says which ticket it was attached at (None: at a new one's form).

    `stored_as` is its random name in the folder of attachments. `downloads` counts how often it was handed out.
    """

    __tablename__ = "support_attachment"

    ticket_id: int | None = ref("support_ticket.id", index=True, nullable=True, cascade=True)
    entry_id: int | None = ref("support_entry.id", nullable=True, cascade=True)
    uploaded_by: int = ref("user_account.id", index=True)
    filename: str
    stored_as: str = Field(unique=True)
    media_type: str
    size_bytes: int
    sha256: str
    downloads: int = 0


class SupportDraft(WorkspaceRow, table=True):
    """What a person has typed and not sent yet. `place`: new | reply:<ticket> | note:<ticket>."""

    __tablename__ = "support_draft"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "place"),)

    user_id: int = ref("user_account.id", index=True)
    place: str
    fields: dict[str, Any] = json_field(dict)
    changed_at: datetime = time_field(default_now=True)


class SupportPresence(WorkspaceRow, table=True):
    """An agent who has a ticket open, as of `seen_at`."""

    __tablename__ = "support_presence"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id"),)

    ticket_id: int = ref("support_ticket.id", cascade=True)
    user_id: int = ref("user_account.id")
    is_writing: bool = False
    seen_at: datetime = time_field(default_now=True)


class SupportTemplate(SQLModel, table=True):
    """A reply that agents keep at hand; belongs to no workspace."""

    __tablename__ = "support_template"

    id: int = id_field()
    name: str
    name_key: str = Field(unique=True)
    text: str
    version: int = 1
    changed_by: int | None = ref("user_account.id", nullable=True)
    changed_at: datetime = time_field(default_now=True)
