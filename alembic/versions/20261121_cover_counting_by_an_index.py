"""Let one index cover what counting reads on SQLite; PostgreSQL, whose entries are limited, keeps the short one.

Revision ID: 2026_11_21_09
Revises: 2026_11_21_08
"""

from alembic import op

revision = "2026_11_21_09"
down_revision = "2026_11_21_08"
branch_labels = None
depends_on = None

_SHORT = ["connection_id", "sku_key", "account_id", "status", "removed_at"]
_WHOLE = [*_SHORT, "last_seen_at", "identity_key", "sku", "sku_name"]


def upgrade() -> None:
    op.drop_index("ix_seat_counting", "seat")
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_seat_counting_short", "seat", _SHORT)
    else:
        op.create_index("ix_seat_counting", "seat", _WHOLE)


def downgrade() -> None:
    is_short = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_seat_counting_short" if is_short else "ix_seat_counting", "seat")
    op.create_index("ix_seat_counting", "seat", _SHORT)
