"""The audit trail: one entry per deed, written in the transaction of the deed itself, so neither stands alone.

Tags are ``<noun>:<deed>`` or ``<noun>:<deed>:<detail>`` in lower case; details hold ids and plain values, no secrets.
Where a setting changed, the detail says `before` and `after`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import as_json
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import chain
from rcx_app.domain.audit.repository import AuditRepository
from rcx_app.domain.audit.schemas import AuditEntry, Chosen
from rcx_app.models import AuditEvent

# In the detail of what an agent of the company that runs RCX did in a workspace that is not his own.
BY_AGENT = "agent_of_rcx"
_TAG = re.compile(r"[a-z_]+(:[a-z_]+){1,2}")


def record(
    session: Session,
    context: Context,
    tag: str,
    subject_type: str = "",
    subject_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Let an entry be written with the commit. Raises ValueError where `tag` has not the agreed form.

    What an agent does as a guest says so for good, whatever becomes of him.
    """
    told = {**(detail or {}), BY_AGENT: True} if context.is_guest else detail
    _record(session, context.workspace_id, context.user_id, tag, subject_type, subject_id, told)


def record_outside(session: Session, tag: str, detail: Mapping[str, Any]) -> None:
    """As `record`, for what belongs to no workspace. Needs a transaction of the system. Raises ValueError."""
    _record(session, None, None, tag, "", None, detail)


def _record(
    session: Session,
    workspace_id: int | None,
    user_id: int | None,
    tag: str,
    subject_type: str,
    subject_id: int | None,
    detail: Mapping[str, Any] | None,
) -> None:
    if not _TAG.fullmatch(tag):
        raise ValueError(f"{tag!r} is not an audit tag such as mapping:confirm")
    added = AuditEvent(
        workspace_id=workspace_id,
        created_at=clock.now(),
        user_id=user_id,
        tag=tag,
        subject_type=subject_type,
        subject_id=subject_id,
        # As it will be read again, so that the hash is over what is kept.
        detail=_without_secrets(json.loads(as_json(dict(detail or {})))),
    )
    chain.append_at_commit(session, added)


def _without_secrets(value: Any) -> Any:
    """The last fence: whoever calls `record` gives no secrets."""
    if isinstance(value, dict):
        return log.redact(None, "", {key: _without_secrets(each) for key, each in value.items()})
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def entries(session: Session, context: Context, chosen: Chosen | None = None, cursor: str = "") -> Page[AuditEntry]:
    """A page of the trail, newest first. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    start = decode_cursor(cursor, length=1) if cursor else None
    rows = AuditRepository(session, context).page(chosen or Chosen(), start, PAGE_SIZE + 1)
    shown = [entry(event, name) for event, name in rows[:PAGE_SIZE]]
    more = len(rows) > PAGE_SIZE
    return Page(tuple(shown), encode_cursor([shown[-1].number]) if more else "")


def one(session: Session, context: Context, number: int) -> AuditEntry:
    """One entry of this workspace. Raises NotPermitted below admin, NotFound."""
    context.require(Permission.SETTINGS)
    found = AuditRepository(session, context).one(number)
    if found is None:
        raise NotFound(AuditRepository.noun)
    return entry(*found)


def count(session: Session, context: Context, chosen: Chosen) -> int:
    """How many entries there are. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    return AuditRepository(session, context).count(chosen)


def people(session: Session, context: Context) -> list[tuple[int, str]]:
    """(id, name) of everybody who stands in the trail. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    return AuditRepository(session, context).people()


def entry(event: AuditEvent, name: str | None) -> AuditEntry:
    """An event as it is handed out."""
    nobody = "RCX" if event.user_id is None else "somebody who left"
    return AuditEntry(
        entry_id=event.id,
        number=event.number,
        at=event.created_at,
        user_id=event.user_id,
        user_name=f"agent {name or 'who left'} of RCX" if event.detail.get(BY_AGENT) is True else name or nobody,
        tag=event.tag,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        detail=event.detail,
        hash=event.hash,
    )
