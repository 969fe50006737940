"""What the sync slice hands to its callers: frozen values, no tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a stream ("": all of a connection) could not be read: what happened, whose turn it is, what to do.

    `kind` and `whose` as in `connectors.http.failures`; `streams` are those that stay as they were for it;
    `retry_after_s` is how long the vendor asked to be left alone.
    """

    kind: str
    whose: str
    message: str
    remedy: str = ""
    streams: tuple[str, ...] = ()
    retry_after_s: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "streams", tuple(self.streams))

    def as_note(self) -> dict[str, Any]:
        """For JSON; `Failure(**note)` reads it back."""
        return asdict(self) | {"streams": list(self.streams)}


@dataclass(frozen=True, slots=True)
class SyncResult:
    """A finished run: counts by stream, in the order of dependency.

    `failures`: what was left as it was. `unsure`: streams for which the source must be read again from where it was
    read before, since not all that it said could take effect. `stale`: streams of which rows may be missing that an
    incremental read does not bring back; they must be read whole. `remarks`: what was left out, in sentences. `at`: the
    time that all rows bear which it changed.
    """

    sync_run_id: int
    connection_id: int
    counts: Mapping[str, StreamCounts] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    unsure: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    at: datetime | None = None

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
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    retry_at: datetime | None = None
