"""What support needs done from time to time: tickets closed by time, leftovers deleted."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.support import drafts, files, service, strays
from rcx_app.domain.support.desk import LOOKS_FOR
from rcx_app.domain.support.desk_repository import DeskRepository


def sweep(session: Session) -> int:
    """Delete files that were never sent or that no row knows, old drafts and who looked when; returns how many files.

    Needs a transaction without a workspace.
    """
    drafts.sweep(session)
    DeskRepository(session, None).forget_lookers(clock.now() - LOOKS_FOR)
    return files.sweep(session) + strays.sweep(session)


def workspaces_to_close_in(session: Session) -> list[int]:
    """Workspaces with tickets that ended too long ago to come back to. Needs a transaction without a workspace."""
    return DeskRepository(session, None).workspaces_with_late(clock.now())


def close_late(session: Session, context: Context) -> int:
    """Close a workspace's tickets that ended too long ago to come back to; returns how many."""
    return service.expire(session, context)
