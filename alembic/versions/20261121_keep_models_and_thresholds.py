"""Keep what a workspace's matching has learned, how it is set, and alarms on mappings.

Revision ID: 2026_11_21_05
Revises: 2026_11_21_04
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_05"
down_revision = "2026_11_21_04"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_MODEL, _CHANGE = "match_model", "threshold_change"
_ADDED = {
    "workspace": ("auto_confirm_threshold", "match_aim", "match_aim_value"),
    "connection": ("auto_confirm",),
    "account_mapping": ("no_client", "basis", "alarms", "has_alarm", "alarms_kept"),
}


def upgrade() -> None:
    op.add_column(
        "workspace", sa.Column("auto_confirm_threshold", sa.BigInteger(), nullable=False, server_default="970000")
    )
    op.add_column("workspace", sa.Column("match_aim", sa.String(), nullable=False, server_default=""))
    op.add_column("workspace", sa.Column("match_aim_value", sa.BigInteger(), nullable=True))
    op.add_column("connection", sa.Column("auto_confirm", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("account_mapping", sa.Column("no_client", sa.String(), nullable=False, server_default=""))
    op.add_column("account_mapping", sa.Column("basis", _JSON, nullable=False, server_default="{}"))
    op.add_column("account_mapping", sa.Column("alarms", _JSON, nullable=False, server_default="[]"))
    op.add_column("account_mapping", sa.Column("has_alarm", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("account_mapping", sa.Column("alarms_kept", _JSON, nullable=False, server_default="[]"))
    op.create_table(
        _MODEL,
        *_common(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("parameters", _JSON, nullable=False),
        sa.Column("about", _JSON, nullable=False),
        sa.Column("made_by", _ID, nullable=True),
        sa.Column("adopted_at", _TIME, nullable=True),
        sa.Column("retired_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{_MODEL}_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=f"fk_{_MODEL}_made_by_user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_MODEL}"),
        sa.UniqueConstraint("workspace_id", "kind", "number", name=f"uq_{_MODEL}_workspace_id_kind_number"),
    )
    op.create_table(
        _CHANGE,
        *_common(),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("after", _JSON, nullable=False),
        sa.Column("expected", _JSON, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{_CHANGE}_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{_CHANGE}_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CHANGE}"),
    )
    for table in (_MODEL, _CHANGE):
        op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
        if op.get_bind().dialect.name == "postgresql":
            fence(op.execute, table)


def _common() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )


def downgrade() -> None:
    op.drop_table(_CHANGE)
    op.drop_table(_MODEL)
    for table, columns in _ADDED.items():
        for column in columns:
            op.drop_column(table, column)
