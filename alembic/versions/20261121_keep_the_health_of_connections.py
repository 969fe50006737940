"""Keep the history of connections' health, the mails about it, and when credentials end.

Revision ID: 2026_11_21_04
Revises: 2026_11_21_03
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_04"
down_revision = "2026_11_21_03"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_CHANGE, _MAIL = "health_change", "alert_mail"


def upgrade() -> None:
    op.add_column("connection", sa.Column("expires_on", sa.Date(), nullable=True))
    op.create_table(
        _CHANGE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("from_health", sa.String(), nullable=False),
        sa.Column("to_health", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("causes", _JSON, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("unwell_since", _TIME, nullable=True),
        sa.Column("told", _JSON, nullable=False),
        sa.Column("announced_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{_CHANGE}_workspace_id_workspace"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=f"fk_{_CHANGE}_connection_id_connection",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CHANGE}"),
    )
    op.create_index(f"ix_{_CHANGE}_workspace_id", _CHANGE, ["workspace_id"])
    op.create_index(f"ix_{_CHANGE}_connection_id", _CHANGE, ["connection_id"])
    op.create_table(
        _MAIL,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("changes", _JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{_MAIL}_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{_MAIL}_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_MAIL}"),
    )
    op.create_index(f"ix_{_MAIL}_workspace_id_state", _MAIL, ["workspace_id", "state"])
    op.create_index(f"ix_{_MAIL}_workspace_id", _MAIL, ["workspace_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in (_CHANGE, _MAIL):
            fence(op.execute, table)


def downgrade() -> None:
    op.drop_table(_MAIL)
    op.drop_table(_CHANGE)
    op.drop_column("connection", "expires_on")
