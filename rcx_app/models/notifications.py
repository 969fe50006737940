"""What people are told: how each wants to be told, and what there was to tell."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from rcx_app.models.base import Id, WorkspaceRow, exact_field, json_field, ref, time_field


class NoticeCursor(WorkspaceRow, table=True):
    """How far a workspace's deeds have been made into notices: up to this number of its audit trail and this run.

    Both only grow, in the order in which transactions are committed, so that nothing is passed over or told twice.
    """

    __tablename__ = "notice_cursor"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    audit_number: int = Field(default=0, sa_type=BigInteger)
    run_id: int = Field(default=0, sa_type=BigInteger)


class NoticeChoice(WorkspaceRow, table=True):
    """How one person wants to be told of one workspace; without a row as `domain.notifications.schemas` presets it.

    `frequency`: daily | weekly | off, the digest's. `kinds`: what he is told of, by mail and in the app. `min_amount`:
    from which monthly amount on a new finding is worth telling. `alarm_mail`: mail at once about connections.
    `next_at`: when the next digest is due; empty where it is off.
    """

    __tablename__ = "notice_choice"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)

    user_id: int = ref("user_account.id", index=True)
    frequency: str = "daily"
    kinds: list[Any] = json_field(list)
    min_amount: Decimal = exact_field()
    alarm_mail: bool = True
    next_at: datetime | None = time_field(index=True)


class Notice(WorkspaceRow, table=True):
    """One thing that one person is told. `key` names the event, so that nobody is told of it twice.

    `kind`: findings | assigned | mentioned | approval | write | health. `lines`: what else belongs to it.
    `href`: a path of the app. `at`: when it happened. `for_mail`: it waits for a digest, or stands in the one that is
    the mail `mail_id` (which may be forgotten by now).
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id", "key"),
        Index("ix_notice_workspace_id_user_id_id", "workspace_id", "user_id", "id"),
        Index("ix_notice_mail_id", "mail_id"),
    )

    user_id: int = ref("user_account.id")
    kind: str
    key: str
    title: str
    detail: str = ""
    lines: list[Any] = json_field(list)
    href: str = "/"
    at: datetime = time_field(default_now=True)
    read_at: datetime | None = time_field()
    for_mail: bool = True
    mail_id: int | None = Field(default=None, sa_type=Id, nullable=True)
