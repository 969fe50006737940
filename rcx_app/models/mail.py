"""The outbox of mail: every mail that RCX sends is a row here first, written in the transaction of its cause."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from rcx_app.models.base import Id, id_field, json_field, ref, time_field


class Mail(SQLModel, table=True):
    """A mail to one person. Those about accounts belong to no workspace, and only the system sees them.

    `key` names what it tells whom, so that it is written once. `kind`: `domain.mail.kinds.Kind`. `about`: ids of what
    it tells. `sealed`: its words, encrypted, until it has ended; None also where they are made when it is sent.
    `message_id` stays the same however often it is tried. `state`: waiting -> sending -> sent | dropped | failed.
    `next_try_at`: when it is to be taken; of one that is being sent, when its worker counts as lost. `tries`: how often
    it was taken, `lost`: how often its worker was lost. `reason`: why it is not sent (yet); nothing that it says.
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_state_next_try_at", "state", "next_try_at"),)

    id: int = id_field()
    workspace_id: int | None = ref("workspace.id", index=True, nullable=True)
    created_at: datetime = time_field(default_now=True)
    key: str = Field(unique=True)
    kind: str
    user_id: int | None = Field(default=None, foreign_key="user_account.id", sa_type=Id, nullable=True)
    about: dict[str, Any] = json_field(dict)
    sealed: bytes | None = None
    message_id: str
    send_before: datetime = time_field(default_now=True)
    state: str = "waiting"
    tries: int = 0
    lost: int = 0
    next_try_at: datetime = time_field(default_now=True)
    sent_at: datetime | None = time_field()
    reason: str = ""
