"""Keep what stands against ticking a suggestion, so that other thresholds can be tried without matching again.

Revision ID: 2026_11_21_08
Revises: 2026_11_21_07
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_08"
down_revision = "2026_11_21_07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account_mapping", sa.Column("doubt", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("account_mapping", "doubt")
