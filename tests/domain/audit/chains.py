"""What tests of the audit chain share: filling it, and changing it as somebody with the database's password would."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from rcx_app.core.context import Context
from rcx_app.core.db import engine, transaction
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit import verify
from rcx_app.domain.audit.schemas import ChainState
from tests.conftest import World


def fill(context: Context, how_many: int) -> None:
    """Events with all that a detail may hold, each in a transaction of its own."""
    for number in range(how_many):
        with transaction(context) as session:
            detail = {
                "n": number,
                "half": 0.1,
                "whole": 2.0,
                "large": 1e22,
                "tiny": 1e-7,
                "z": "ü\U0001f600",
                "a": [None],
            }
            audit.record(session, context, "mapping:verdict:confirm", "account", number, detail)


def state(workspace_id: int | None, *expected: str) -> ChainState:
    with transaction(None, read_only=True) as session:
        return verify.whole(session, workspace_id, expected)


def tamper(world: World, *statements: str, **values: Any) -> None:
    """Run statements with the triggers and the numbers' uniqueness out of the way. Names are as in the tables."""
    is_postgresql = world.url.startswith("postgresql")
    with engine(world.url).begin() as connection:
        if is_postgresql:
            for table in ("audit_event", "audit_head"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        else:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("DROP INDEX uq_audit_event_number"))
        for statement in statements:
            connection.execute(text(statement), values)
