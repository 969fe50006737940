"""Noting how connections do, where that changes; listing it; and asking for the mails about it."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import after_commit, engine, transaction
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import alerts_news as news
from rcx_app.domain.integrations.alerts_repository import HealthRepository
from rcx_app.domain.integrations.health import diagnose, facts_of
from rcx_app.domain.integrations.schemas import Health, HealthChangeView
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.reconcile import asking
from rcx_app.models import Connection, HealthChange

KIND = "alerts.send"
_log = log.get("alerts")


def note(session: Session, context: Context, connection: Connection) -> bool:
    """Keep how a connection does if that is new; called with its row locked, after what has changed it.

    Mails are asked for once the transaction is committed, in one of their own: a job's key is waited for, and nobody
    may hold a connection while he waits.
    """
    session.flush()
    repository = HealthRepository(session, context)
    if not _note(repository, connection, repository.held_of(connection.id)):
        return False
    # A throw-away database (`rcx reconcile`) has nobody to tell.
    if session.get_bind() is engine():
        after_commit(session, lambda: _ask_gently(context))
    return True


def note_all(session: Session, context: Context) -> int:
    """Keep what has changed by the mere passing of time, or was not noted; returns how many connections that are.

    Where a source has become stale, or is so no longer, its findings are worked out anew: they are not ready, or are.
    """
    repository = HealthRepository(session, context)
    found, aged = 0, False
    for connection_id in changed(session, context):
        connection = repository.locked(connection_id)
        if connection is not None:
            was_stale = _is_stale(repository.latest_of(connection_id))
            found += _note(repository, connection, repository.held_of(connection_id))
            aged |= was_stale != _is_stale(repository.latest_of(connection_id))
    if aged:
        asking.request(session, context)
    return found


def _is_stale(change: HealthChange | None) -> bool:
    return change is not None and "stale" in change.causes


def changed(session: Session, context: Context) -> list[int]:
    """Connections that do otherwise than was noted last. Locks nothing."""
    repository, at = HealthRepository(session, context), clock.now()
    held, latest, synced_for = repository.held(), repository.latest(), repository.synced_for()
    found = []
    for row in repository.connections():
        last = latest.get(row.id)
        if last is None or not news.is_same(last, diagnose(facts_of(row, synced_for, held.get(row.id, 0)), at)):
            found.append(row.id)
    return sorted(found)


def ask(session: Session, context: Context) -> bool:
    """Ask for the mails that are due now, after this transaction; False where none are."""
    if not is_due(session, context):
        return False
    jobs.enqueue(session, context, KIND, {}, dedupe_key="alerts")
    return True


def is_due(session: Session, context: Context) -> bool:
    """Whether there is something to tell and enough time since the last mails."""
    repository, at = HealthRepository(session, context), clock.now()
    return news.may_tell(repository.told_last(), at) and any(
        news.is_news(row, at) for row in repository.latest().values()
    )


def changes(
    session: Session, context: Context, connection_id: int | None = None, cursor: str = ""
) -> Page[HealthChangeView]:
    """How one connection or all did, newest first. Raises NotFound for a foreign connection."""
    context.require(Permission.READ)
    repository = HealthRepository(session, context)
    if connection_id is not None:
        repository.get(Connection, connection_id)
    labels = {row.id: row.label for row in repository.connections()}
    return repository.changes(connection_id, cursor).map(lambda row: view(row, labels[row.connection_id]))


def _note(repository: HealthRepository, connection: Connection, held: int) -> bool:
    at = clock.now()
    found = diagnose(facts_of(connection, repository.synced_for(), held), at)
    last = repository.latest_of(connection.id)
    if last is not None and news.is_same(last, found):
        # Another failure of the same kind: whoever looks or is told later needs the latest words.
        last.reason, last.whose, last.remedy = found.reason, found.whose, found.remedy
        repository.session.flush()
        return False
    workspace_id = repository.workspace_id
    repository.add(news.follow(last, found, workspace_id=workspace_id, connection_id=connection.id, at=at))
    return True


def _ask_gently(context: Context) -> None:
    """What changed is committed already, so that nothing here may undo it; the watch asks again."""
    try:
        with transaction(context) as session:
            ask(session, context)
    except SQLAlchemyError as error:
        _log.warning("alerts_not_asked", workspace_id=context.workspace_id, error=type(error).__name__)


def view(row: HealthChange, label: str) -> HealthChangeView:
    """A change as it is shown."""
    return HealthChangeView(
        id=row.id,
        connection_id=row.connection_id,
        label=label,
        before=Health(row.from_health) if row.from_health else None,
        after=Health(row.to_health),
        word=row.word,
        reason=row.reason,
        whose=row.whose,
        remedy=row.remedy,
        at=row.created_at,
    )
