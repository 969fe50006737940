"""Find flags by kind: the order in which they are listed, and what is counted of them.

Revision ID: 2026_11_21_24
Revises: 2026_11_21_23
"""

from alembic import op

revision = "2026_11_21_24"
down_revision = "2026_11_21_23"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_flag_workspace_id_period_kind", "flag", ["workspace_id", "period", "kind", "id"])


def downgrade() -> None:
    op.drop_index("ix_flag_workspace_id_period_kind", "flag")
