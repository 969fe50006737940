"""What the integrations page shows of runs over a connection, as small values; pure, no state and no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from rcx_app.domain.integrations.schemas import FailureView
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync.schemas import Failure, SyncRunView
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.integrations.rows import counted, stream_name

WHOSE = {
    "admin": "Yours to fix",
    "vendor": "The vendor's turn",
    "network": "The network between",
    "rcx": "Ours to fix",
}
_RUN_WORDS = {
    "done": ("Complete", "ok"),
    "partial": ("Partly read", "under"),
    "failed": ("Failed", "fail"),
    "running": ("Running", "acc"),
    "cancelled": ("Stopped", ""),
}
_PACE_EVERY_S = 3.0


@dataclass
class RunRow:
    """One run over a connection. `took` is "" while it runs."""

    id: str = ""
    href: str = ""
    at_iso: str = ""
    at: str = ""
    result: str = ""
    tone: str = ""
    took: str = ""
    rows: str = ""
    changes: str = ""


@dataclass
class StreamLine:
    """What a run did to one kind of record."""

    name: str = ""
    read: str = ""
    added: str = ""
    changed: str = ""
    removed: str = ""


@dataclass
class FailureRow:
    """Why something was not read: what happened, whose turn it is, what to do. `what` names what stayed as it was."""

    message: str = ""
    whose: str = ""
    remedy: str = ""
    what: str = ""


@dataclass
class RunDetail:
    """One run in full."""

    id: str = ""
    title: str = ""
    result: str = ""
    tone: str = ""
    mode: str = ""
    error: str = ""
    again: str = ""
    lines: list[StreamLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[FailureRow] = field(default_factory=list)


@dataclass
class SyncLine:
    """A sync that waits or runs. `total` 0: not known; `detail`: count, rate and elapsed time, as far as known."""

    note: str = ""
    detail: str = ""
    done: int = 0
    total: int = 0


def duration(span: timedelta) -> str:
    """``0.4 s``, ``41 s``, ``1 min 04 s``, ``2 h 05 min``."""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def failure_row(view: Failure | FailureView) -> FailureRow:
    """A failure in words."""
    return FailureRow(
        message=view.message,
        whose=WHOSE.get(view.whose, ""),
        remedy=view.remedy,
        what=", ".join(stream_name(name) for name in view.streams),
    )


def run_row(view: SyncRunView) -> RunRow:
    every = view.counts.values()
    parts = [
        (sum(each.added for each in every), "added"),
        (sum(each.changed for each in every), "changed"),
        (sum(each.removed for each in every), "gone"),
    ]
    result, tone = _RUN_WORDS.get(view.state, ("Stopped", ""))
    is_told = view.state in ("done", "partial")
    changes = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    return RunRow(
        id=str(view.id),
        href=addresses.address(addresses.INTEGRATIONS, connection=view.connection_id, run=view.id),
        at_iso=view.started_at.isoformat(),
        at=words.moment(view.started_at),
        result=result,
        tone=tone,
        took=duration(view.finished_at - view.started_at) if view.finished_at else "",
        rows=f"{sum(each.read for each in every):,}" if is_told else "",
        changes=changes or ("nothing changed" if is_told else ""),
    )


def run_detail(view: SyncRunView, try_at: datetime | None = None) -> RunDetail:
    """`try_at`: when RCX tries it again by itself, where it is the last run and does so."""
    result, tone = _RUN_WORDS.get(view.state, ("Stopped", ""))
    return RunDetail(
        id=str(view.id),
        title=words.moment(view.started_at),
        result=result,
        tone=tone,
        mode=_mode(view),
        error="" if view.failures else view.error,
        again=_again(view, try_at),
        lines=[
            StreamLine(
                name=stream_name(name),
                read=f"{each.read:,}",
                added=f"{each.added:,}",
                changed=f"{each.changed:,}",
                removed=f"{each.removed:,}",
            )
            for name, each in view.counts.items()
        ],
        notes=list(view.notes),
        failures=[failure_row(each) for each in view.failures],
    )


def _again(view: SyncRunView, try_at: datetime | None) -> str:
    """What comes after a run that failed, as the automatic tries see it."""
    if try_at is None:
        return ""
    why = ", as soon as the vendor allows it" if view.retry_at == try_at else ""
    return f"It is tried again by itself at {words.moment(try_at)}{why}."


def _mode(view: SyncRunView) -> str:
    if view.import_file_id is not None:
        return "From a file"
    return "Full sync" if view.mode == "full" else "Quick sync"


class Pace:
    """Records a second of each sync, smoothed over the last seconds that somebody looked. One for each watcher."""

    def __init__(self) -> None:
        self._marks: dict[int, tuple[float, int]] = {}
        self._rates: dict[int, float] = {}

    def of(self, job: JobView, at_s: float) -> float | None:
        """The rate at this moment, None while it is not known. A stream that begins anew starts the count anew."""
        began_s, began = self._marks.get(job.id, (at_s, job.done))
        if job.id not in self._marks or job.done < began:
            self._marks[job.id] = (at_s, job.done)
            self._rates.pop(job.id, None)
            return None
        if at_s - began_s >= _PACE_EVERY_S:
            self._rates[job.id] = (job.done - began) / (at_s - began_s)
            self._marks[job.id] = (at_s, job.done)
        return self._rates.get(job.id)


def sync_line(job: JobView, since: datetime | None, now: datetime, rate: float | None = None) -> SyncLine:
    """How far a sync is. `since`: when its run began; None while it waits."""
    if job.state is not JobState.RUNNING:
        return SyncLine(note="Waiting for its turn", detail=duration(now - job.created_at))
    parts = [f"{job.done:,} read" if job.done and not job.total else "", f"{rate:,.0f}/s" if rate else ""]
    parts.append(duration(now - (since or job.created_at)))
    return SyncLine(
        note=job.note or "Starting", detail=", ".join(part for part in parts if part), done=job.done, total=job.total
    )


def outcome_of(job: JobView) -> tuple[str, Literal["ok", "fail", "under", ""], str]:
    """(words, tone, detail) of a sync that has ended, for a toast."""
    label = str(job.result.get("label", "")) or "A connection"
    if job.state is JobState.FAILED:
        return "A sync failed", "fail", job.error
    if job.state is JobState.CANCELLED:
        return "The sync was stopped", "", "What was read before stands as it was."
    counts: Mapping[str, Mapping[str, int]] = job.result.get("counts", {})
    read = counted({name: each.get("read", 0) for name, each in counts.items() if each.get("read")})
    written = int(job.result.get("written", 0))
    said = f"{words.count(written, 'record')} changed" if written else "nothing has changed"
    told = f"{_listed(read)}; {said}." if read else f"{said.capitalize()}."
    if job.result.get("failures"):
        return f"{label} was read in part", "under", told
    return f"{label} is synced", "ok", told


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:4])
