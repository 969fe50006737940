"""Say who is staff of the company that runs RCX.

Revision ID: 2026_11_21_14
Revises: 2026_11_21_13
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_14"
down_revision = "2026_11_21_13"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("staff", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("user_account", "staff")
