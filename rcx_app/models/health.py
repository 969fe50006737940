"""How connections did over time, and when people were told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
