"""Connections: list them with their health, add, rename, enable, disable.

Files go through `uploads` and `imports`, vendors' APIs through `api`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.integrations.alerts_repository import HealthRepository
from rcx_app.domain.integrations.health import Facts, diagnose, facts_of
from rcx_app.domain.integrations.repository import ConnectionRepository
from rcx_app.domain.integrations.schemas import ConnectionHealth, ConnectionView, FailureView
from rcx_app.domain.integrations.vendors import vendor_of
from rcx_app.domain.sync.opening import FILE
from rcx_app.models import Connection

SIDES = ("psa", "usage")
_LABEL_LIMIT = 80


def connections(session: Session, context: Context) -> list[ConnectionView]:
    """All connections, PSA first, then by label."""
    return _views(session, context, ConnectionRepository(session, context).every())


def some(session: Session, context: Context, ids: Sequence[int]) -> list[ConnectionView]:
    """These connections, in this order; those that are not there (any more) are left out."""
    known = {row.id: row for row in ConnectionRepository(session, context).these(ids)}
    return _views(session, context, [known[number] for number in ids if number in known], ids)


def _views(
    session: Session, context: Context, rows: Sequence[Connection], ids: Sequence[int] | None = None
) -> list[ConnectionView]:
    """`ids` are those of `rows` where these are not all."""
    repository, healths = ConnectionRepository(session, context), HealthRepository(session, context)
    counts, files = repository.row_counts(ids), repository.last_files(ids)
    held, synced_for = healths.held(), healths.synced_for()
    return [
        _view(facts_of(row, synced_for, held.get(row.id, 0)), row, counts.get(row.id, {}), files.get(row.id, ""))
        for row in rows
    ]


def health(session: Session, context: Context) -> tuple[ConnectionHealth, ...]:
    """How all connections do, PSA first, then by label: three short queries, as every page asks for it."""
    healths = HealthRepository(session, context)
    held, synced_for = healths.held(), healths.synced_for()
    rows = ConnectionRepository(session, context).brief()
    return tuple(_light(facts_of(row, synced_for, held.get(row.id, 0)), row) for row in rows)


def connection(session: Session, context: Context, connection_id: int) -> ConnectionView:
    """One connection. Raises NotFound."""
    row = ConnectionRepository(session, context).get(Connection, connection_id)
    (found,) = _views(session, context, [row], [row.id])
    return found


def create(
    session: Session, context: Context, *, side: str, label: str, vendor: str = "", connector: str = "file"
) -> int:
    """Add a connection. Raises Invalid for an empty label or unknown side, Conflict where the label is taken."""
    context.require(Permission.IMPORT if connector == "file" else Permission.CONNECT)
    if side not in SIDES:
        raise Invalid(f"{side!r} is no side.", remedy="Use psa or usage.")
    repository = ConnectionRepository(session, context)
    plain = free_label(repository, label)
    row = Connection(
        workspace_id=context.workspace_id,
        side=side,
        vendor=fold(vendor) or vendor_of(plain),
        connector=connector,
        label=plain,
        label_key=fold(plain),
    )
    repository.add(row)
    audit.record(session, context, "connection:create", "connection", row.id, {"label": row.label, "side": side})
    alerts_history.note(session, context, row)
    return row.id


def rename(session: Session, context: Context, connection_id: int, label: str) -> None:
    """Call a connection something else. Raises Conflict where another one is called so."""
    context.require(Permission.CONNECT)
    repository = ConnectionRepository(session, context)
    row = repository.get(Connection, connection_id, lock=True)
    before, row.label = row.label, free_label(repository, label, but=row.id)
    row.label_key = fold(row.label)
    session.flush()
    audit.record(session, context, "connection:rename", "connection", row.id, {"from": before, "to": row.label})


def set_enabled(session: Session, context: Context, connection_id: int, *, enabled: bool) -> None:
    """Switch a connection on or off. What it has delivered stays."""
    context.require(Permission.CONNECT)
    row = ConnectionRepository(session, context).get(Connection, connection_id, lock=True)
    if row.is_enabled == enabled:
        return
    row.is_enabled = enabled
    session.flush()
    tag = "connection:enable" if enabled else "connection:disable"
    audit.record(session, context, tag, "connection", row.id, {"label": row.label})
    alerts_history.note(session, context, row)


def free_label(repository: ConnectionRepository, label: str, *, but: int | None = None) -> str:
    """The label in one line. Raises Invalid where it is none, Conflict where another connection has it."""
    plain = " ".join(label.split())
    if not plain or len(plain) > _LABEL_LIMIT:
        raise Invalid(f"A label has 1 to {_LABEL_LIMIT} characters.", remedy="Name the system, such as NinjaOne.")
    taken = repository.labelled(plain)
    if taken is not None and taken.id != but:
        raise Conflict(f"There is already a connection called {taken.label}.", remedy="Choose another label.")
    return plain


def _view(facts: Facts, row: Connection, rows: Mapping[str, int], last_file: str) -> ConnectionView:
    found = diagnose(facts, clock.now())
    return ConnectionView(
        id=row.id,
        side=row.side,
        vendor=row.vendor,
        label=row.label,
        connector=row.connector,
        is_enabled=row.is_enabled,
        health=found.health,
        word=found.word,
        error=row.last_error if row.state in ("failed", "partial") else "",
        last_complete_at=row.last_complete_at,
        rows=dict(rows),
        last_file=last_file,
        failure=failure_view(row.last_failure) if row.last_failure else None,
        is_connected=facts.is_connected,
        is_sandbox=row.is_sandbox,
        reason=found.reason,
        whose=found.whose,
        remedy=found.remedy,
        expires_on=row.expires_on,
    )


def failure_view(note: Mapping[str, Any]) -> FailureView:
    """A failure as a run has noted it."""
    return FailureView(
        kind=note["kind"],
        whose=note["whose"],
        message=note["message"],
        remedy=note["remedy"],
        streams=tuple(note["streams"]),
    )


def takes_files(row: Connection) -> bool:
    """Whether files may fill a connection. One that reads an API would take back at its next sync what they said."""
    return row.connector == FILE or row.credentials is None


def check_takes_files(row: Connection) -> None:
    """Raises Conflict where the connection reads its vendor's API."""
    if not takes_files(row):
        raise Conflict(f"{row.label} reads its vendor's API.", remedy="Choose another label, or disconnect it first.")


def _light(facts: Facts, row: Any) -> ConnectionHealth:
    found = diagnose(facts, clock.now())
    return ConnectionHealth(
        id=row.id,
        label=row.label,
        side=row.side,
        connector=row.connector,
        is_connected=facts.is_connected,
        is_enabled=row.is_enabled,
        health=found.health,
        word=found.word,
        last_complete_at=row.last_complete_at,
        reason=found.reason,
        whose=found.whose,
        remedy=found.remedy,
    )
