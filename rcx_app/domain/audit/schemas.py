"""What the audit slice hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did. `user_id` None: RCX itself did it."""

    entry_id: int
    at: datetime
    user_id: int | None
    user_name: str
    tag: str
    subject_type: str
    subject_id: int | None
    detail: dict[str, Any]
