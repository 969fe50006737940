"""Hold back counts that fell too far at once.

Revision ID: 2026_11_21_02
Revises: 2026_11_21_01
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_02"
down_revision = "2026_11_21_01"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REFERENCES = {
    "workspace_id": "workspace",
    "connection_id": "connection",
    "account_id": "account",
    "sync_run_id": "sync_run",
    "decided_by": "user_account",
}


def upgrade() -> None:
    op.create_table(
        "count_fall",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("sync_run_id", _ID, nullable=True),
        sa.Column("sku_key", sa.String(), nullable=False),
        sa.Column("sku_name", sa.String(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("fell_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_count_fall_{column}_{target}")
            for column, target in _REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_count_fall"),
    )
    for column in ("workspace_id", "connection_id", "account_id"):
        op.create_index(f"ix_count_fall_{column}", "count_fall", [column])
    op.create_index("ix_count_fall_workspace_id_state", "count_fall", ["workspace_id", "state"])
    if op.get_bind().dialect.name == "postgresql":
        # As the second migration does for the first tables.
        op.execute("ALTER TABLE count_fall ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE count_fall FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY workspace_fence ON count_fall USING ("
            "current_setting('rcx.workspace', true) = 'system' "
            "OR workspace_id::text = current_setting('rcx.workspace', true))"
        )


def downgrade() -> None:
    op.drop_table("count_fall")
