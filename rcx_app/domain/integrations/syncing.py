"""Asking for syncs of connections that read an API. The sync itself is `domain.sync.run`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations.repository import AllWorkspaces, ConnectionRepository
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.sync import opening
from rcx_app.domain.sync.retries import service as retries
from rcx_app.models import Connection

KIND = "sync.run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncable:
    """A connection as commands name it."""

    id: int
    label: str
    connector: str


def request_sync(session: Session, context: Context, connection_id: int, *, full: bool = False) -> int:
    """Ask for a sync of a connection after this transaction; returns the job's id, also of one that waits already.

    `full`: read whole what could be read since the last time. Raises NotFound, and Conflict where the connection is
    filled by files, switched off or disconnected; Invalid where it is of a sandbox and there is none.
    """
    context.require(Permission.IMPORT)
    row = ConnectionRepository(session, context).get(Connection, connection_id)
    _check(row)
    return _request(session, context, row, full=full)


def request_all(session: Session, context: Context, *, full: bool = False) -> dict[int, int]:
    """Ask for a sync of every connection that can be synced: connection id -> job id."""
    context.require(Permission.IMPORT)
    rows = [row for row in ConnectionRepository(session, context).every() if _is_ready(row)]
    return {row.id: _request(session, context, row, full=full) for row in rows}


def retry_due(session: Session, context: Context) -> list[int]:
    """Ask once more for the syncs that failed for something that passes, and whose next try has come.

    Returns the connections. Called by several at once, one asks: the others wait for it at the connection's row and
    then see its job.
    """
    context.require(Permission.IMPORT)
    asked = []
    for seen in retries.due(session, context):
        row = ConnectionRepository(session, context).get(Connection, seen.connection_id, lock=True)
        for run in retries.due(session, context, row.id):
            if _is_ready(row):
                _request(session, context, row, full=run.is_full, retry=run.tries + 1)
                asked.append(row.id)
    return asked


def workspaces(session: Session) -> dict[int, str]:
    """Id -> name of the workspaces of this server (needs a transaction without a workspace)."""
    return AllWorkspaces(session).names()


def connections_of(session: Session, context: Context, names: Sequence[str] = ()) -> list[Syncable]:
    """The connections of these labels or ids, each once, or all that can be synced. Raises Invalid for unknown ones."""
    repository = ConnectionRepository(session, context)
    if not names:
        return [_syncable(row) for row in repository.every() if _is_ready(row)]
    found: dict[int, Syncable] = {}
    for name in names:
        row = repository.labelled(name) or repository.numbered(name)
        if row is None:
            known = [each for each in repository.every() if each.connector != opening.FILE]
            listed = ", ".join(f"{each.label} ({each.id})" for each in known)
            remedy = f"There are: {listed}." if known else "Connect one in RCX, under Integrations."
            raise Invalid(f"There is no connection {name}.", remedy=remedy)
        found[row.id] = _syncable(row)
    return list(found.values())


def _syncable(row: Connection) -> Syncable:
    return Syncable(id=row.id, label=row.label, connector=row.connector)


def open_syncs(session: Session, context: Context) -> dict[int, JobView]:
    """Syncs that wait or run, by connection; the one that runs where there are two."""
    found: dict[int, JobView] = {}
    for job in jobs.open_jobs(session, context, [KIND]):
        found.setdefault(int(job.args["connection_id"]), job)
    return found


def cancel_syncs(session: Session, context: Context, connection_id: int) -> None:
    """Cancel what waits or runs for a connection; nothing of it takes effect. Raises NotFound."""
    context.require(Permission.IMPORT)
    row = ConnectionRepository(session, context).get(Connection, connection_id)
    for job in jobs.open_jobs(session, context, [KIND]):
        if job.args["connection_id"] != row.id:
            continue
        with suppress(Conflict):  # it has just ended
            jobs.cancel(session, context, job.id)
            audit.record(session, context, "connection:sync:cancel", "connection", row.id, {"label": row.label})


def _check(row: Connection) -> None:
    opening.why_not(row)
    if row.is_sandbox:
        opening.need_sandbox()


def _is_ready(row: Connection) -> bool:
    try:
        _check(row)
    except (Conflict, Invalid):
        return False
    return True


def _request(session: Session, context: Context, row: Connection, *, full: bool, retry: int = 0) -> int:
    """`retry`: which automatic try in a row it is; 0: none."""
    numbered = {"retry": retry} if retry else {}
    detail = {"label": row.label, "full": full, **numbered}
    audit.record(session, context, "connection:sync", "connection", row.id, detail)
    args = {"connection_id": row.id, "full": full, **numbered}
    return jobs.enqueue(session, context, KIND, args, dedupe_key=f"sync:{row.id}", merge=_merge)


def _merge(waiting: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    # Where a person or the schedule wants it too, it is no automatic try any more.
    kept = waiting if new.get("retry") else {name: value for name, value in waiting.items() if name != "retry"}
    return {**kept, "full": bool(waiting.get("full")) or bool(new.get("full"))}
