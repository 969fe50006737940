"""Keep a workspace's way in, leave for agents to work in it, announcements, and the addresses that RCX calls from.

Revision ID: 2026_11_21_20
Revises: 2026_11_21_19
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_20"
down_revision = "2026_11_21_19"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
# Of a workspace, so fenced; with what stands beside id, workspace_id and created_at.
_FENCED: dict[str, tuple[Any, ...]] = {
    "intake": (
        ("number", sa.Integer(), False),
        ("questions_version", sa.Integer(), False),
        ("answers", _JSON, False),
        ("saved_at", _TIME, False),
        ("saved_by", "user_account", True),
        ("sent_at", _TIME, True),
        ("sent_by", "user_account", True),
    ),
    "stage_change": (
        ("user_id", "user_account", True),
        ("stage_from", sa.String(), False),
        ("stage_to", sa.String(), False),
        ("note", sa.String(), False),
    ),
    "support_access": (
        ("role", sa.String(), False),
        ("reason", sa.String(), False),
        ("granted_by", "user_account", False),
        ("until", _TIME, False),
        ("ended_at", _TIME, True),
        ("ended_by", "user_account", True),
    ),
    "staff_note": (("user_id", "user_account", False), ("text", sa.String(), False)),
    "announcement_read": (("announcement_id", "announcement", False), ("user_id", "user_account", False)),
}
_OPEN: dict[str, tuple[Any, ...]] = {
    "announcement": (
        ("title", sa.String(), False),
        ("body", sa.String(), False),
        ("written_by", "user_account", True),
        ("created_at", _TIME, False),
        ("withdrawn_at", _TIME, True),
    ),
    "egress_address": (
        ("network", sa.String(), False),
        ("note", sa.String(), False),
        ("added_by", "user_account", True),
        ("created_at", _TIME, False),
        ("removed_at", _TIME, True),
    ),
}
_UNIQUE = {"intake": ("workspace_id", "number"), "announcement_read": ("workspace_id", "announcement_id", "user_id")}


def upgrade() -> None:
    op.add_column("workspace", sa.Column("stage_since", _TIME, nullable=True))
    op.add_column("workspace", sa.Column("is_house", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("auth_session", sa.Column("access_id", _ID, nullable=True))
    for table, columns in _OPEN.items():
        _create(table, columns)
    op.create_index("ix_egress_address_network", "egress_address", ["network"])
    for table, columns in _FENCED.items():
        _create(table, (("workspace_id", "workspace", False), ("created_at", _TIME, False), *columns))
        op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
        if op.get_bind().dialect.name == "postgresql":
            fence(op.execute, table)


def _create(table: str, columns: tuple[Any, ...]) -> None:
    """(name, type or the table that is referred to, nullable) of each column; `id` comes by itself."""
    made: list[Any] = [sa.Column("id", _ID, nullable=False)]
    for name, kind, nullable in columns:
        is_ref = isinstance(kind, str)
        made.append(sa.Column(name, _ID if is_ref else kind, nullable=nullable))
        if is_ref:
            made.append(sa.ForeignKeyConstraint([name], [f"{kind}.id"], name=f"fk_{table}_{name}_{kind}"))
    made.append(sa.PrimaryKeyConstraint("id", name=f"pk_{table}"))
    if unique := _UNIQUE.get(table):
        made.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, *made)


def downgrade() -> None:
    for table in (*_FENCED, *_OPEN):
        op.drop_table(table)
    op.drop_column("auth_session", "access_id")
    op.drop_column("workspace", "is_house")
    op.drop_column("workspace", "stage_since")
