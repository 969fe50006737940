"""Excluding services from comparisons and taking them in again: each audited, each followed by a reconciliation."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.exclusions.repository import ExclusionRepository
from rcx_app.domain.exclusions.schemas import ExclusionRow
from rcx_app.domain.reconcile import asking
from rcx_app.models import Exclusion

SIDES = {"product": "psa", "line": "psa", "sku": "usage"}
"""What can be excluded, and the side of the connection it is read from."""
MOST_REASON = 500


def exclude(session: Session, context: Context, scope: str, connection_id: int, key: str, reason: str) -> int:
    """Leave a product (by code), SKU or line (by its own id) of a connection out of comparisons; returns the id.

    Raises NotPermitted below operator, NotFound for a foreign connection, Invalid for an unknown scope or thing or
    without a reason, Conflict where it is excluded already.
    """
    context.require(Permission.RULES)
    if scope not in SIDES:
        raise Invalid(f"Nothing of the kind {scope[:40]!r} can be excluded.", remedy=f"Use one of {', '.join(SIDES)}.")
    why = reason.strip()
    if not why or len(why) > MOST_REASON:
        raise Invalid("An exclusion needs a reason.", remedy=f"Say why in at most {MOST_REASON} characters.")
    repository = ExclusionRepository(session, context)
    connection = repository.connection(connection_id)
    known = key.strip() if scope == "line" else fold(key)
    name = repository.name_of(scope, connection.id, known) if known and connection.side == SIDES[scope] else None
    if name is None:
        raise Invalid(f"{connection.label} has no {scope} {key[:80]!r}.", remedy="Open the list anew.")
    if repository.found(scope, connection.id, known) is not None:
        raise Conflict(f"{name} is excluded already.", remedy="Open the list anew.")
    row = repository.add(
        Exclusion(
            workspace_id=context.workspace_id,
            scope=scope,
            key=known,
            label=name,
            connection_id=connection.id,
            reason=why,
            user_id=context.user_id,
        )
    )
    detail = {"scope": scope, "key": known, "connection_id": connection.id, "reason": why}
    audit.record(session, context, "exclusions:exclude", "exclusion", row.id, detail)
    asking.request(session, context)
    return row.id


def lift(session: Session, context: Context, exclusion_id: int) -> None:
    """Let it take part again. Raises NotPermitted below operator, NotFound where there is none of this workspace."""
    context.require(Permission.RULES)
    repository = ExclusionRepository(session, context)
    row = repository.get(Exclusion, exclusion_id)
    detail = {"scope": row.scope, "key": row.key, "connection_id": row.connection_id, "reason": row.reason}
    repository.delete(row)
    audit.record(session, context, "exclusions:lift", "exclusion", exclusion_id, detail)
    asking.request(session, context)


def exclusions(session: Session, context: Context) -> tuple[ExclusionRow, ...]:
    """All that takes no part, newest first."""
    context.require(Permission.READ)
    return tuple(
        ExclusionRow(
            exclusion_id=row.id,
            scope=row.scope,
            key=row.key,
            label=row.label,
            connection_id=row.connection_id,
            connection=label,
            reason=row.reason,
            made_by=name or "",
            made_at=row.created_at,
        )
        for row, label, name in ExclusionRepository(session, context).rows()
    )
