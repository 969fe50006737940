"""What a person has typed and not sent: kept on the server, so that a reload, a crash or another machine shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.support.schemas import MAX_TEXT
from rcx_app.models import SupportDraft

NEW = "new"
KEPT_FOR = timedelta(days=30)
_FIELDS = frozenset({"subject", "text", "category", "priority", "private", "connection"})
_PLACES = 50


def reply_to(ticket_id: int) -> str:
    """Where the draft of a reply is kept."""
    return f"reply:{ticket_id}"


def note_on(ticket_id: int) -> str:
    """Where the draft of an agent's note is kept."""
    return f"note:{ticket_id}"


def keep(session: Session, context: Context, place: str, fields: Mapping[str, str]) -> None:
    """Keep what stands in a form; an empty one is forgotten; of one that is far too long the beginning is kept."""
    kept = {name: value[: 2 * MAX_TEXT] for name, value in fields.items() if name in _FIELDS and value}
    if not kept.get("subject", "").strip() and not kept.get("text", "").strip():
        forget(session, context, place)
        return
    row = session.scalars(_of(context, place).with_for_update()).one_or_none()
    if row is None:
        if len(session.scalars(_all(context)).all()) >= _PLACES:
            return
        if context.user_id is None:
            raise ValueError("a draft is a person's")
        row = SupportDraft(workspace_id=context.workspace_id, user_id=context.user_id, place=place)
        session.add(row)
    row.fields, row.changed_at = kept, clock.now()
    session.flush()


def kept(session: Session, context: Context, place: str) -> dict[str, str]:
    """What was kept of a form; nothing where nothing was."""
    row = session.scalars(_of(context, place)).one_or_none()
    return {name: str(value) for name, value in row.fields.items()} if row is not None else {}


def forget(session: Session, context: Context, place: str) -> None:
    """Forget a draft, since it was sent or emptied."""
    row = session.scalars(_of(context, place)).one_or_none()
    if row is not None:
        session.delete(row)
        session.flush()


def sweep(session: Session) -> None:
    """Forget what nobody touched for long. Needs a transaction without a workspace."""
    session.execute(delete(SupportDraft).where(col(SupportDraft.changed_at) < clock.now() - KEPT_FOR))


def _all(context: Context) -> SelectOfScalar[SupportDraft]:
    return select(SupportDraft).where(
        col(SupportDraft.workspace_id) == context.workspace_id, col(SupportDraft.user_id) == context.user_id
    )


def _of(context: Context, place: str) -> SelectOfScalar[SupportDraft]:
    return _all(context).where(col(SupportDraft.place) == place)
