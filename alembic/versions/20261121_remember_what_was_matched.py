"""Remember from what each connection's accounts were last matched, so that nothing is compared twice.

Revision ID: 2026_11_21_07
Revises: 2026_11_21_06
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_07"
down_revision = "2026_11_21_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", sa.Column("matched_from", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("connection", "matched_from")
