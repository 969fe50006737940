"""The audit trail: one entry per deed, written in the transaction of the deed itself, so neither stands alone.

Tags are ``<noun>:<deed>`` or ``<noun>:<deed>:<detail>`` in lower case; details hold ids and plain values, no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit.repository import AuditRepository
from rcx_app.domain.audit.schemas import AuditEntry
from rcx_app.models import AuditEvent

_TAG = re.compile(r"[a-z_]+(:[a-z_]+){1,2}")


def record(
    session: Session,
    context: Context,
    tag: str,
    subject_type: str = "",
    subject_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry. Raises ValueError where `tag` has not the agreed form."""
    if not _TAG.fullmatch(tag):
        raise ValueError(f"{tag!r} is not an audit tag such as mapping:confirm")
    AuditRepository(session, context).add(
        AuditEvent(
            workspace_id=context.workspace_id,
            user_id=context.user_id,
            tag=tag,
            subject_type=subject_type,
            subject_id=subject_id,
            detail=dict(detail or {}),
        )
    )


def entries(session: Session, context: Context, *, tag_prefix: str = "", cursor: str = "") -> Page[AuditEntry]:
    """A page of the trail, newest first. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    start = decode_cursor(cursor, length=1) if cursor else None
    rows = AuditRepository(session, context).page(tag_prefix, start, PAGE_SIZE + 1)
    shown = [_entry(event, name) for event, name in rows[:PAGE_SIZE]]
    more = len(rows) > PAGE_SIZE
    return Page(tuple(shown), encode_cursor([shown[-1].entry_id]) if more else "")


def _entry(event: AuditEvent, name: str | None) -> AuditEntry:
    return AuditEntry(
        entry_id=event.id,
        at=event.created_at,
        user_id=event.user_id,
        user_name=name or "RCX",
        tag=event.tag,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        detail=event.detail,
    )
