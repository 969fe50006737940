"""The watch over connections: notes what time alone changes, and asks for the mails that are due."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.integrations import alerts_history as history
from rcx_app.domain.integrations.alerts_repository import AllConnections


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
