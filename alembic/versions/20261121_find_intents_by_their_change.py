"""Find intents by their change, and what is not settled without a look at all that was ever written.

Revision ID: 2026_11_21_15
Revises: 2026_11_21_14
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_15"
down_revision = "2026_11_21_14"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("state IN ('sent', 'unclear')")


def upgrade() -> None:
    # By the workspace's index alone SQLite reads every intent of the workspace to find those of one change.
    op.create_index("ix_write_intent_workspace_id_line_change_id", "write_intent", ["workspace_id", "line_change_id"])
    op.create_index(
        "ix_line_change_unsettled",
        "line_change",
        ["state"],
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )


def downgrade() -> None:
    op.drop_index("ix_line_change_unsettled", "line_change")
    op.drop_index("ix_write_intent_workspace_id_line_change_id", "write_intent")
