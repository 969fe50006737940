"""Fence rows by workspace on PostgreSQL.

A transaction states its workspace in `rcx.workspace` ("system" lifts the fence for sign-in and sweeps); a row of
another workspace can then neither be read nor written, whatever a query forgot to say. SQLite has no such fence.

Revision ID: 2026_11_20_02
Revises: 2026_11_20_01
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_20_02"
down_revision = "2026_11_20_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _fenced():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY workspace_fence ON {table} USING ("
            "current_setting('rcx.workspace', true) = 'system' "
            "OR workspace_id::text = current_setting('rcx.workspace', true))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _fenced():
        op.execute(f"DROP POLICY workspace_fence ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _fenced() -> list[str]:
    """Tables of the first migration that belong to a workspace; `auth_session` is a person's."""
    inspector = sa.inspect(op.get_bind())
    return sorted(
        name
        for name in inspector.get_table_names()
        if name != "auth_session" and any(column["name"] == "workspace_id" for column in inspector.get_columns(name))
    )
