"""The fence around a workspace's rows on PostgreSQL, as migrations put it up (`core.db` says who stands inside)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SYSTEM = "current_setting('rcx.workspace', true) = 'system'"
_OWN = "workspace_id::text = current_setting('rcx.workspace', true)"


def fence(execute: Callable[[str], Any], table: str, *, is_staff_only: bool = False) -> None:
    """Let each transaction see and write rows of its own workspace only, the system's all; also for the table's owner.

    `is_staff_only`: no workspace sees its own either. Rows of no workspace are the system's alone. Migrations of all
    ages call this, so what it does never changes: another fence gets another function.
    """
    inside = _SYSTEM if is_staff_only else f"{_SYSTEM} OR {_OWN}"
    execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    execute(f"CREATE POLICY workspace_fence ON {table} USING ({inside})")
