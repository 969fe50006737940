"""Alerts: the connections that people must look at now, and the watch that notes what time alone changes."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import alerts_history as history
from rcx_app.domain.integrations import alerts_news as news
from rcx_app.domain.integrations.alerts_repository import AllConnections, HealthRepository
from rcx_app.domain.integrations.health import diagnose, facts_of
from rcx_app.domain.integrations.schemas import Alert, Health

_WORST = {Health.FAILED: 0, Health.ATTENTION: 1}


def open_alerts(session: Session, context: Context) -> tuple[Alert, ...]:
    """Connections that are red, or yellow for more than a day: red first, then the longest. Said as of this moment."""
    context.require(Permission.READ)
    repository, at = HealthRepository(session, context), clock.now()
    held, latest, synced_for = repository.held(), repository.latest(), repository.synced_for()
    found = []
    for row in repository.connections():
        now = diagnose(facts_of(row, synced_for, held.get(row.id, 0)), at)
        change = news.follow(latest.get(row.id), now, workspace_id=row.workspace_id, connection_id=row.id, at=at)
        if change.unwell_since is not None and news.is_alert(change, at):
            found.append(
                Alert(
                    connection_id=row.id,
                    label=row.label,
                    health=now.health,
                    word=now.word,
                    reason=now.reason,
                    whose=now.whose,
                    remedy=now.remedy,
                    since=change.unwell_since,
                )
            )
    return tuple(sorted(found, key=lambda each: (_WORST[each.health], each.since, each.connection_id)))


def workspaces(session: Session) -> list[int]:
    """The workspaces to watch over (needs a transaction without a workspace)."""
    return AllConnections(session).workspaces()


def needs_watch(session: Session, context: Context) -> bool:
    """Whether `watch` has something to do: a read that takes no lock."""
    return bool(history.changed(session, context)) or history.is_due(session, context)


def watch(session: Session, context: Context) -> int:
    """Note what has changed since, and ask for the mails that are due; returns how many connections changed."""
    found = history.note_all(session, context)
    history.ask(session, context)
    return found
