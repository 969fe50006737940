"""The trail as a file: exactly what is filtered, newest first, with what is needed to check the chain elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.db import as_json
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import tags
from rcx_app.domain.audit.query import AuditQuery
from rcx_app.domain.audit.repository import AuditRepository
from rcx_app.domain.audit.service import entry
from rcx_app.domain.reconcile.screens import sheets

COLUMNS = (
    "number", "at_utc", "who", "user_id", "what", "tag", "about", "about_id", "detail", "previous_hash", "hash",
)  # fmt: skip


def audit_file(session: Session, context: Context, query: AuditQuery, out: IO[bytes], kind: str) -> int:
    """Write the entries as `kind` (csv | xlsx); returns how many. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    return sheets.write(kind, "Audit log", COLUMNS, _rows(AuditRepository(session, context), query), out)


def _rows(repository: AuditRepository, query: AuditQuery) -> Iterator[tuple[sheets.Cell, ...]]:
    for event, name in repository.all(query.chosen()):
        shown = entry(event, name)
        yield (
            shown.number,
            shown.at.isoformat(timespec="seconds"),
            shown.user_name,
            shown.user_id,
            tags.words(shown.tag),
            shown.tag,
            shown.subject_type,
            shown.subject_id,
            as_json(shown.detail) if shown.detail else "",
            event.previous_hash,
            event.hash,
        )
