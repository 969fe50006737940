"""How connections did over time, and the mails that told people of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from rcx_app.models.base import WorkspaceRow, json_field, ref, time_field


class HealthChange(WorkspaceRow, table=True):
    """A connection's health or its causes became others, at `created_at`. The latest row is how it does.

    `from_health` is empty for the first one. `causes` are stable names (`domain.integrations.health`), `whose`: admin |
    vendor | network | rcx | "". `unwell_since`: since when it has not been healthy; empty where it is, or is off.
    `told`: cause -> when people were mailed of it since they last knew it healthy. `announced_at`: when this very
    change was mailed.
    """

    __tablename__ = "health_change"

    connection_id: int = ref("connection.id", index=True, cascade=True)
    from_health: str = ""
    to_health: str
    word: str
    causes: list[Any] = json_field(list)
    reason: str
    whose: str = ""
    remedy: str = ""
    unwell_since: datetime | None = time_field()
    told: dict[str, Any] = json_field(dict)
    announced_at: datetime | None = time_field()


class AlertMail(WorkspaceRow, table=True):
    """A digest for one person, about the health changes with the ids `changes`.

    `state`: waiting -> sending -> sent | dropped (no longer an admin, or too late). One that stays "sending" lost its
    worker in between: it may have gone out, so it is not sent again.
    """

    __tablename__ = "alert_mail"
    __table_args__ = (Index("ix_alert_mail_workspace_id_state", "workspace_id", "state"),)

    user_id: int = ref("user_account.id")
    changes: list[Any] = json_field(list)
    state: str = "waiting"
    tried_at: datetime | None = time_field()
