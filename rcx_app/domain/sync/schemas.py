"""What the sync slice hands to its callers: frozen values, no tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """What a run did to one stream. `added` includes rows that returned after they had been removed."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0

    @property
    def written(self) -> int:
        """Rows that this run wrote; 0 where the source said what it had said before."""
        return self.added + self.changed + self.removed

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """A finished run: counts by stream, in the order of dependency."""

    sync_run_id: int
    connection_id: int
    counts: Mapping[str, StreamCounts] = field(default_factory=dict)

    @property
    def total(self) -> StreamCounts:
        every = self.counts.values()
        return StreamCounts(
            read=sum(each.read for each in every),
            added=sum(each.added for each in every),
            changed=sum(each.changed for each in every),
            unchanged=sum(each.unchanged for each in every),
            removed=sum(each.removed for each in every),
        )

    def as_dict(self) -> dict[str, dict[str, int]]:
        return {stream: each.as_dict() for stream, each in self.counts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOutlook:
    """What switching a staged stream would do: `staged` rows against `present` ones, `common` of them by key."""

    stream: str
    staged: int
    present: int
    common: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRunView:
    """One run over a connection, for lists."""

    id: int
    connection_id: int
    mode: str
    state: str
    counts: Mapping[str, StreamCounts]
    error: str
    import_file_id: int | None
    started_at: datetime
    finished_at: datetime | None
