"""What decides whether a failed run is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """The last run of a connection. `tries`: how many automatic ones in a row it ended; 0: a person's or a schedule's.

    `is_full`: its next try has to read whole what could be read by changes. `kinds` of its failures; `retry_at`: when
    the vendor allows another try, as far as it said so.
    """

    workspace_id: int
    connection_id: int
    tries: int
    is_full: bool
    kinds: tuple[str, ...]
    retry_at: datetime | None
    finished_at: datetime | None
