"""Make one outbox for all mail.

Revision ID: 2026_11_21_22
Revises: 2026_11_21_21
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_22"
down_revision = "2026_11_21_21"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("key", "kind")),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("about", _JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("send_before", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("tries", "lost")),
        sa.Column("next_try_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_mail_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_mail_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("key", name="uq_mail_key"),
    )
    op.create_index("ix_mail_workspace_id", "mail", ["workspace_id"])
    op.create_index("ix_mail_state_next_try_at", "mail", ["state", "next_try_at"])
    if op.get_bind().dialect.name == "postgresql":
        fence(op.execute, "mail")


def downgrade() -> None:
    op.drop_table("mail")
