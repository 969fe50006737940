"""Replies that agents keep at hand, with places that are filled in from the ticket when one is taken."""

from __future__ import annotations

import re

from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.support import texts
from rcx_app.domain.support.schemas import MAX_TEXT, DeskView, TemplateView
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.models import SupportTemplate, User

MAX_NAME = 80
PLACES: dict[str, str] = {
    "name": "the first name of the person who asks",
    "ticket": "the ticket's number, T-12",
    "subject": "what the ticket is called",
    "workspace": "the workspace",
    "agent": "your name",
}
"""What may stand in a template between double braces, and what it becomes."""
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def listing(session: Session, context: Context) -> tuple[TemplateView, ...]:
    """All templates, by name."""
    context.require(Permission.AGENT)
    query = (
        select(SupportTemplate, User.name)
        .outerjoin(User, col(User.id) == col(SupportTemplate.changed_by))
        .order_by(col(SupportTemplate.name_key))
    )
    return tuple(
        TemplateView(
            id=row.id,
            name=row.name,
            text=row.text,
            version=row.version,
            changed_by=who or "",
            changed_at=row.changed_at,
        )
        for row, who in session.execute(query)
    )


def save(
    session: Session, context: Context, *, name: str, text: str, template_id: int | None = None, version: int = 0
) -> int:
    """Keep a new template, or change one. Raises FieldInvalid, NotFound, Conflict (changed meanwhile)."""
    context.require(Permission.AGENT)
    called = texts.line("name", name, MAX_NAME, noun="The name")
    words = texts.passage("text", text, MAX_TEXT, noun="The text")
    unknown = sorted({each for each in _PLACE.findall(words) if each not in PLACES})
    if unknown:
        raise FieldInvalid("text", f"Nothing is known to fill in for {{{{{unknown[0]}}}}}.", remedy=_known())
    same = session.scalars(select(SupportTemplate).where(col(SupportTemplate.name_key) == fold(called))).one_or_none()
    if same is not None and same.id != template_id:
        raise FieldInvalid("name", "Another template has this name.", remedy="Choose another name.")
    if template_id is None:
        row = SupportTemplate(name=called, name_key=fold(called), text=words)
        session.add(row)
    else:
        row = _locked(session, template_id)
        if row.version != version:
            raise Conflict("Somebody changed this template meanwhile.", remedy="Open it again.")
        row.name, row.name_key, row.text, row.version = called, fold(called), words, row.version + 1
    row.changed_by, row.changed_at = context.user_id, clock.now()
    session.flush()
    audit.record_outside(session, "ticket:template", {"template_id": row.id, "by": context.user_id})
    return row.id


def delete(session: Session, context: Context, template_id: int) -> None:
    """Delete a template. Raises NotFound."""
    context.require(Permission.AGENT)
    row = _locked(session, template_id)
    session.delete(row)
    session.flush()
    audit.record_outside(session, "ticket:template", {"template_id": template_id, "by": context.user_id, "gone": True})


def fill(text: str, ticket: DeskView, agent: str) -> str:
    """The template for this ticket. Values are put in once and as they are: what they hold is no template."""
    line = ticket.ticket.line
    values = {
        "name": (line.asker.split() or [""])[0],
        "ticket": line.name,
        "subject": line.subject,
        "workspace": ticket.workspace,
        "agent": agent,
    }
    return _PLACE.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def _locked(session: Session, template_id: int) -> SupportTemplate:
    query = select(SupportTemplate).where(col(SupportTemplate.id) == template_id).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("This template")
    return row


def _known() -> str:
    return "Known are " + ", ".join(f"{{{{{name}}}}}" for name in PLACES) + "."
