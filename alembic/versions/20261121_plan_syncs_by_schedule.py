"""Plan syncs by a schedule of the workspace's own.

Revision ID: 2026_11_21_03
Revises: 2026_11_21_02
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_03"
down_revision = "2026_11_21_02"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TABLE = "sync_schedule"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_weekly", sa.Boolean(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("weekly_is_full", sa.Boolean(), nullable=False),
        sa.Column("is_monthly", sa.Boolean(), nullable=False),
        sa.Column("month_by", sa.String(), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=False),
        sa.Column("month_nth", sa.Integer(), nullable=False),
        sa.Column("month_weekday", sa.Integer(), nullable=False),
        sa.Column("monthly_is_full", sa.Boolean(), nullable=False),
        sa.Column("weekly_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("monthly_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{_TABLE}_workspace_id_workspace"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_TABLE}"),
        sa.UniqueConstraint("workspace_id", name=f"uq_{_TABLE}_workspace_id"),
    )
    for column in ("workspace_id", "due_at"):
        op.create_index(f"ix_{_TABLE}_{column}", _TABLE, [column])
    if op.get_bind().dialect.name == "postgresql":
        # As the second migration does for the first tables.
        op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY workspace_fence ON {_TABLE} USING ("
            "current_setting('rcx.workspace', true) = 'system' "
            "OR workspace_id::text = current_setting('rcx.workspace', true))"
        )


def downgrade() -> None:
    op.drop_table(_TABLE)
