"""The audit trail: its events and where each of its chains ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from rcx_app.models.base import Id, id_field, json_field, time_field

_ALONE = text("workspace_id IS NULL")


class AuditEvent(SQLModel, table=True):
    """Who did what to what, written in the transaction of the change itself. Triggers refuse to update or delete it.

    `workspace_id` None: it belongs to no workspace (an attempt on an address that has no account). `number` counts
    from 1 within the workspace, without gaps; `hash` is over the content and `previous_hash`, which is the hash of
    the event before (see `domain.audit.chain`). Ids are plain numbers: a reference would make the last step of a
    transaction wait for locks on what the event names.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("uq_audit_event_number", "workspace_id", "number", unique=True),
        Index("uq_audit_event_number_alone", "number", unique=True, sqlite_where=_ALONE, postgresql_where=_ALONE),
        Index("ix_audit_event_tag", "workspace_id", "tag", "number"),
        Index("ix_audit_event_subject", "workspace_id", "subject_type", "subject_id", "number"),
    )

    id: int = id_field()
    workspace_id: int | None = Field(default=None, sa_type=Id)
    created_at: datetime = time_field(default_now=True)
    user_id: int | None = Field(default=None, sa_type=Id)
    tag: str
    subject_type: str = ""
    subject_id: int | None = Field(default=None, sa_type=Id)
    detail: dict[str, Any] = json_field(dict)
    number: int = Field(default=0, sa_type=BigInteger)
    previous_hash: str = ""
    hash: str = ""


class AuditHead(SQLModel, table=True):
    """The end of one chain: the number and hash of its newest event. Whoever appends locks it; it only goes on.

    `chain` is the workspace's id, or 0 for the events without a workspace.
    """

    __tablename__ = "audit_head"

    chain: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    workspace_id: int | None = Field(default=None, sa_type=Id)
    number: int = Field(default=0, sa_type=BigInteger)
    hash: str = ""
