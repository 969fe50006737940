"""What the integrations page shows of connections and files, as small values; pure, no state and no markup."""

from __future__ import annotations

from dataclasses import dataclass, field

from rcx_app.domain.integrations.schemas import ConnectionView, ImportRow, ImportState
from rcx_app.domain.sync.schemas import SyncRunView
from rcx_app.ui import addresses, words

_NOUNS = {
    "clients": ("client", "clients"),
    "products": ("product", "products"),
    "agreements": ("agreement", "agreements"),
    "lines": ("line", "lines"),
    "accounts": ("account", "accounts"),
    "seats": ("seat", "seats"),
    "subscriptions": ("subscription", "subscriptions"),
    "mappings": ("mapping", "mappings"),
}
SIDES = {"psa": "PSA", "usage": "Usage", "mapping": "Mapping"}
_SOME = 0.3
_RUN_WORDS = {"done": ("Complete", "ok"), "failed": ("Failed", "fail"), "running": ("Running", "acc")}


@dataclass
class ConnectionRow:
    """A connection in the list and in the panel."""

    id: str = ""
    label: str = ""
    side: str = ""
    health: str = ""
    tone: str = ""
    error: str = ""
    is_enabled: bool = True
    last_iso: str = ""
    last: str = ""
    rows: str = ""
    rows_title: str = ""
    last_file: str = ""
    counted: list[str] = field(default_factory=list)


@dataclass
class FileRow:
    """An uploaded file in the list. `act` names what its link does; `needs_you` where it waits for a person."""

    id: str = ""
    filename: str = ""
    recognised: str = ""
    target: str = ""
    rows: str = ""
    state: str = ""
    tone: str = ""
    at_iso: str = ""
    at: str = ""
    who: str = ""
    href: str = ""
    act: str = ""
    is_open: bool = False
    needs_you: bool = False
    job_done: int = 0
    job_total: int = 0
    job_note: str = ""


@dataclass
class RunRow:
    """One run over a connection."""

    id: str = ""
    at_iso: str = ""
    at: str = ""
    result: str = ""
    tone: str = ""
    rows: str = ""
    changes: str = ""
    error: str = ""


def counted(counts: dict[str, int]) -> list[str]:
    """``["60 clients", "1,912 lines"]``."""
    return [words.count(number, *_NOUNS[stream]) for stream, number in counts.items() if stream in _NOUNS]


def percent(confidence: float) -> str:
    """``97 %``."""
    return f"{confidence * 100:.0f} %"


def recognised(title: str, confidence: float) -> str:
    """``NinjaOne devices, 97 %``; a format that merely remains when nothing fits is not called recognised."""
    if not title:
        return ""
    return f"{title}, {percent(confidence)}" if confidence >= _SOME else "Not recognised"


def file_size(size: int) -> str:
    """``12 kB``, ``3.4 MB``."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1):,} kB"


def connection_row(view: ConnectionView) -> ConnectionRow:
    main = view.rows.get("lines", 0) if view.side == "psa" else view.rows.get("seats", 0)
    return ConnectionRow(
        id=str(view.id),
        label=view.label,
        side=SIDES.get(view.side, view.side),
        health=view.word,
        tone=words.HEALTH[view.health] if view.is_enabled else "",
        error=view.error,
        is_enabled=view.is_enabled,
        last_iso=view.last_complete_at.isoformat() if view.last_complete_at else "",
        last=words.moment(view.last_complete_at) if view.last_complete_at else "never",
        rows=f"{main:,}",
        rows_title=", ".join(counted(dict(view.rows))),
        last_file=view.last_file,
        counted=counted(dict(view.rows)),
    )


def file_row(view: ImportRow) -> FileRow:
    is_open = view.job is not None and view.job.is_open
    state, tone = _file_state(view, is_open)
    act = "Open" if view.state in (ImportState.DONE, ImportState.FAILED) or is_open else "Review and import"
    return FileRow(
        id=str(view.id),
        filename=view.filename,
        recognised=recognised(view.title, view.confidence),
        target=view.connection,
        rows=f"{view.rows:,}" if view.rows else "",
        state=state,
        tone=tone,
        at_iso=view.uploaded_at.isoformat(),
        at=words.moment(view.uploaded_at),
        who=view.uploaded_by,
        href=addresses.address(addresses.INTEGRATIONS, {"import": view.id}),
        act=act,
        is_open=is_open,
        needs_you=view.state in (ImportState.UPLOADED, ImportState.ANALYSED, ImportState.IMPORTING),
        job_done=view.job.done if view.job and is_open else 0,
        job_total=view.job.total if view.job and is_open else 0,
        job_note=view.job.note if view.job and is_open else "",
    )


def _file_state(view: ImportRow, is_open: bool) -> tuple[str, str]:
    if view.state is ImportState.DONE:
        return "Imported", "ok"
    if view.state is ImportState.FAILED:
        return "Failed", "fail"
    if view.state is ImportState.IMPORTING:
        return "Importing", "acc"
    if is_open or view.state is ImportState.UPLOADED:
        return "Reading the file", "acc"
    if view.error_count:
        return words.count(view.error_count, "problem"), "under"
    return "Ready to import", "acc"


def run_row(view: SyncRunView) -> RunRow:
    read = sum(each.read for each in view.counts.values())
    parts = [
        (sum(each.added for each in view.counts.values()), "added"),
        (sum(each.changed for each in view.counts.values()), "changed"),
        (sum(each.removed for each in view.counts.values()), "gone"),
    ]
    result, tone = _RUN_WORDS.get(view.state, ("Stopped", ""))
    changes = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    return RunRow(
        id=str(view.id),
        at_iso=view.started_at.isoformat(),
        at=words.moment(view.started_at),
        result=result,
        tone=tone,
        rows=f"{read:,}" if view.state == "done" else "",
        changes=changes or ("nothing changed" if view.state == "done" else ""),
        error=view.error,
    )
