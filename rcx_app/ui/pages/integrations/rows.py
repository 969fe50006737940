"""What the integrations page shows of connections and files, as small values; pure, no state and no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rcx_app.core.text import fold
from rcx_app.domain.integrations.schemas import ConnectionHealth, ConnectionView, ImportRow, ImportState
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.ui import addresses, words

FILE = "file"

_NOUNS = {
    "clients": ("client", "clients"),
    "products": ("product", "products"),
    "agreements": ("agreement", "agreements"),
    "lines": ("line", "lines"),
    "invoices": ("invoice", "invoices"),
    "invoice_lines": ("invoice line", "invoice lines"),
    "accounts": ("account", "accounts"),
    "skus": ("SKU", "SKUs"),
    "seats": ("seat", "seats"),
    "subscriptions": ("subscription", "subscriptions"),
    "charges": ("charge", "charges"),
    "mappings": ("mapping", "mappings"),
}
SIDES = {"psa": "PSA", "usage": "Usage", "mapping": "Mapping"}
_SOME = 0.3


@dataclass
class ConnectionRow:
    """A connection in the list and in the panel.

    `health` and `tone` are of a sync under way while there is one: `is_syncing` from the moment that it was asked for,
    `is_running` when it has begun. `next`: when it is read by itself, and `next_why`; "" where it is not.
    """

    id: str = ""
    number: int = 0
    label: str = ""
    detail: str = ""
    side: str = ""
    health: str = ""
    tone: str = ""
    error: str = ""
    connector: str = ""
    is_api: bool = False
    is_enabled: bool = True
    is_connected: bool = True
    is_sandbox: bool = False
    is_syncing: bool = False
    is_running: bool = False
    may_sync: bool = False
    never_read: bool = False
    last_iso: str = ""
    last: str = ""
    next_iso: str = ""
    next: str = ""
    next_why: str = ""
    rows: str = ""
    rows_title: str = ""
    last_file: str = ""


@dataclass
class FileRow:
    """An uploaded file in the list. `act` names what its link does; `needs_you` where it waits for a person."""

    id: str = ""
    number: int = 0
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


def stream_name(stream: str) -> str:
    """``Invoice lines``."""
    plural = _NOUNS[stream][1] if stream in _NOUNS else stream.replace("_", " ")
    return plural[:1].upper() + plural[1:]


def counted(counts: dict[str, int]) -> list[str]:
    """``["60 clients", "1,912 lines"]``."""
    return [words.count(number, *_NOUNS[stream]) for stream, number in counts.items() if stream in _NOUNS]


def percent(confidence: float) -> str:
    """``97 %``, rounded down: only what is certain is 100 %."""
    return f"{int(confidence * 100)} %"


def recognised(title: str, confidence: float) -> str:
    """``NinjaOne devices, 97 %``; a format that merely remains when nothing fits is not called recognised."""
    if not title:
        return ""
    return f"{title}, {percent(confidence)}" if confidence >= _SOME else "Not recognised"


def file_size(size: int) -> str:
    """``12 kB``, ``3.4 MB``."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1):,} kB"


def connection_row(
    view: ConnectionView,
    names: Mapping[str, str],
    sync: JobView | None = None,
    *,
    next_at: datetime | None = None,
    try_at: datetime | None = None,
) -> ConnectionRow:
    """`names`: connector -> what its vendor is called; `sync`: the one that waits or runs.

    `next_at`: when the schedule reads it; `try_at`: when it is tried again, as its last run failed.
    """
    main = view.rows.get("lines", 0) if view.side == "psa" else view.rows.get("seats", 0)
    health, tone = view.word, words.HEALTH[view.health] if view.is_enabled and view.is_connected else ""
    if sync is not None:
        health, tone = ("Syncing" if sync.state is JobState.RUNNING else "Waiting"), "acc"
    is_api = view.connector != FILE
    may_sync = is_api and view.is_enabled and view.is_connected
    is_again = try_at is not None and (next_at is None or try_at <= next_at)
    coming = (try_at if is_again else next_at) if may_sync else None
    return ConnectionRow(
        id=str(view.id),
        number=view.id,
        label=view.label,
        detail=_detail(view, names),
        side=SIDES.get(view.side, view.side),
        health=health,
        tone=tone,
        error=view.error,
        connector=view.connector,
        is_api=is_api,
        is_enabled=view.is_enabled,
        is_connected=view.is_connected,
        is_sandbox=view.is_sandbox,
        is_syncing=sync is not None,
        is_running=sync is not None and sync.state is JobState.RUNNING,
        may_sync=may_sync,
        never_read=view.last_complete_at is None,
        last_iso=view.last_complete_at.isoformat() if view.last_complete_at else "",
        last=words.moment(view.last_complete_at) if view.last_complete_at else "never",
        next_iso=coming.isoformat() if coming else "",
        next=words.moment(coming) if coming else "",
        next_why=("Tried again, since its last sync failed" if is_again else "By the automatic sync") if coming else "",
        rows=f"{main:,}",
        rows_title=", ".join(counted(dict(view.rows))),
        last_file=view.last_file,
    )


def _detail(view: ConnectionView, names: Mapping[str, str]) -> str:
    """What the label does not say itself: the vendor's name, and that it is the PSA."""
    vendor = names.get(view.connector, "")
    parts = [vendor if fold(vendor) not in fold(view.label) else "", "PSA" if view.side == "psa" else ""]
    return ", ".join(part for part in parts if part and part not in view.label)


def tone_of(each: ConnectionHealth, *, is_syncing: bool) -> str:
    """The light of a connection in the list: ok | acc | under | fail, or "" where it is off."""
    if is_syncing:
        return "acc"
    return words.HEALTH[each.health] if each.is_enabled and each.is_connected else ""


def file_row(view: ImportRow) -> FileRow:
    is_open = view.job is not None and view.job.is_open
    state, tone = _file_state(view, is_open)
    act = "Open" if view.state in (ImportState.DONE, ImportState.FAILED) or is_open else "Review and import"
    return FileRow(
        id=str(view.id),
        number=view.id,
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
