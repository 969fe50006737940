"""Fills every table with a row of a workspace, so that a test also covers tables that do not exist yet."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Column, Table, insert, or_, select
from sqlmodel import Session, SQLModel

from rcx_app.core import clock
from rcx_app.core.db import transaction

_SHARED = ("announcement",)


def fill(url: str, workspace_id: int, user_id: int, mark: str) -> int:
    """One row in each table of workspaces, all texts holding `mark`; how many rows.

    What such rows refer to and is of no workspace gets a row too, without the mark: everybody may see it.
    """
    made: dict[str, Any] = {"workspace": workspace_id, "user_account": user_id}
    count = 0
    with transaction(None, url=url) as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name in _SHARED:
                made[table.name] = _insert(session, table, made, "shared")
            if "workspace_id" not in table.columns or table.name in ("auth_session", "membership"):
                continue
            made[table.name] = _insert(session, table, made, mark)
            count += 1
    return count


def fingerprint(url: str, workspace_id: int, *, but_of: Collection[int] = ()) -> dict[str, str]:
    """By table, a digest of all that a workspace owns. Two are equal if nothing changed.

    `but_of`: people (ids) whose own rows don't count: their membership, choices, and the trail of their deeds.
    """
    found = {}
    with transaction(None, url=url, read_only=True) as session:
        for table in SQLModel.metadata.sorted_tables:
            key = "workspace_id" if "workspace_id" in table.columns else "id" if table.name == "workspace" else ""
            # Sessions note when they were last seen, and people their unsent words (only they see them again); neither
            # changes what the workspace owns. The trail's head moves with everybody's deeds.
            passed_over = {"auth_session", "support_draft", *(("audit_head",) if but_of else ())}
            if not key or table.name in passed_over:
                continue
            query = select(table).where(table.c[key] == workspace_id).order_by(*table.primary_key)
            if but_of and "user_id" in table.columns:
                query = query.where(or_(table.c.user_id.is_(None), table.c.user_id.not_in(but_of)))
            found[table.name] = hashlib.sha256(repr(session.execute(query).all()).encode()).hexdigest()
    return found


def _insert(session: Session, table: Table, made: dict[str, Any], mark: str) -> Any:
    values = {
        column.name: _value(column, made, f"{mark} {table.name} {column.name}")
        for column in table.columns
        if not (column.primary_key and not column.foreign_keys and column.autoincrement)
    }
    result = session.execute(insert(table).values(**values))
    return result.inserted_primary_key[0] if result.inserted_primary_key else None


def _value(column: Column[Any], made: dict[str, Any], text: str) -> Any:
    for key in column.foreign_keys:
        target = key.column.table.name
        return made.get(target) if target in made or column.nullable else 1
    by_name: dict[str, Any] = {"AutoString": text, "Micros": Decimal(1), "UtcDateTime": clock.now()}
    if isinstance(column.type, JSON):
        return {"note": text} if column.default is None or "dict" in repr(column.default) else [text]
    if type(column.type).__name__ in by_name:
        return by_name[type(column.type).__name__]
    kind = column.type.python_type
    by_kind: dict[type, Any] = {str: text, date: clock.today(), bytes: text.encode()}
    return by_kind[kind] if kind in by_kind else kind(1)
