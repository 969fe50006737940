"""Begin the history of lines that were read before it was kept: what a line says, it said since it last changed.

Revision ID: 2026_11_21_10
Revises: 2026_11_21_09
"""

from alembic import op

revision = "2026_11_21_10"
down_revision = "2026_11_21_09"
branch_labels = None
depends_on = None

_VALUES = "quantity, included_quantity, unit_price, unit_cost"


def upgrade() -> None:
    _scope("system")
    op.execute(
        f"INSERT INTO line_history (workspace_id, created_at, line_id, valid_from, {_VALUES}) "  # noqa: S608 - columns
        f"SELECT workspace_id, changed_at, id, changed_at, {_VALUES} FROM line "
        "WHERE NOT EXISTS (SELECT 1 FROM line_history WHERE line_history.line_id = line.id) ORDER BY id"
    )
    _scope("")


def downgrade() -> None:
    """What was begun can't be told from what a sync wrote, and does no harm."""


def _scope(workspace: str) -> None:
    """Lift the fence between workspaces, or put it back; it binds the owner of the tables too."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"SELECT set_config('rcx.workspace', '{workspace}', true)")
