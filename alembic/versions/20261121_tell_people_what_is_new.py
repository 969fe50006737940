"""Tell people what is new, and sum months of findings by an index.

What lies before this migration is not told: existing workspaces begin at the end of their trail.

Revision ID: 2026_11_21_19
Revises: 2026_11_21_18
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_19"
down_revision = "2026_11_21_18"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_CURSOR, _CHOICE, _MAIL, _NOTICE = "notice_cursor", "notice_choice", "notice_mail", "notice"
_STANDING, _GONE = sa.text("resolved_at IS NULL"), sa.text("resolved_at IS NOT NULL")
_SUMMED = [
    "workspace_id", "period", "currency", "kind", "is_ready", "direction", "state", "integration", "service_key",
    "client_id", "sort_amount", "series", "resolved_at",
]  # fmt: skip


def upgrade() -> None:
    _create(
        _CURSOR,
        sa.Column("audit_number", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("workspace_id", name=f"uq_{_CURSOR}_workspace_id"),
    )
    _create(
        _CHOICE,
        _user(),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("kinds", _JSON, nullable=False),
        sa.Column("min_amount", sa.BigInteger(), nullable=False),
        sa.Column("alarm_mail", sa.Boolean(), nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        _of_user(_CHOICE),
        sa.UniqueConstraint("workspace_id", "user_id", name=f"uq_{_CHOICE}_workspace_id_user_id"),
    )
    op.create_index(f"ix_{_CHOICE}_user_id", _CHOICE, ["user_id"])
    op.create_index(f"ix_{_CHOICE}_next_at", _CHOICE, ["next_at"])
    _create(
        _MAIL,
        _user(),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        _of_user(_MAIL),
    )
    op.create_index(f"ix_{_MAIL}_workspace_id_state", _MAIL, ["workspace_id", "state"])
    _create(
        _NOTICE,
        _user(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("lines", _JSON, nullable=False),
        sa.Column("href", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("read_at", _TIME, nullable=True),
        sa.Column("for_mail", sa.Boolean(), nullable=False),
        sa.Column("mail_id", _ID, nullable=True),
        _of_user(_NOTICE),
        sa.ForeignKeyConstraint(["mail_id"], [f"{_MAIL}.id"], name=f"fk_{_NOTICE}_mail_id_{_MAIL}"),
        sa.UniqueConstraint("workspace_id", "user_id", "key", name=f"uq_{_NOTICE}_workspace_id_user_id_key"),
    )
    op.create_index(f"ix_{_NOTICE}_workspace_id_user_id_id", _NOTICE, ["workspace_id", "user_id", "id"])
    op.create_index(f"ix_{_NOTICE}_mail_id", _NOTICE, ["mail_id"])
    _begin_at_the_end()
    op.drop_index("ix_finding_workspace_id_series", table_name="finding")
    op.create_index("ix_finding_workspace_id_series_period", "finding", ["workspace_id", "series", "period"])
    op.create_index("ix_finding_report", "finding", _SUMMED, sqlite_where=_STANDING, postgresql_where=_STANDING)
    when = ["workspace_id", "resolved_at"]
    op.create_index("ix_finding_gone", "finding", when, sqlite_where=_GONE, postgresql_where=_GONE)


def _begin_at_the_end() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('rcx.workspace', 'system', true)")
    op.execute(
        "INSERT INTO notice_cursor (workspace_id, created_at, audit_number, run_id) "
        "SELECT w.id, CURRENT_TIMESTAMP, COALESCE((SELECT h.number FROM audit_head h WHERE h.chain = w.id), 0), "
        "COALESCE((SELECT MAX(r.id) FROM reconcile_run r WHERE r.workspace_id = w.id), 0) FROM workspace w"
    )


def _create(table: str, *parts: Any) -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id_workspace"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
    if op.get_bind().dialect.name == "postgresql":
        fence(op.execute, table)


def _user() -> sa.Column[Any]:
    return sa.Column("user_id", _ID, nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{table}_user_id_user_account")


def downgrade() -> None:
    op.drop_index("ix_finding_gone", table_name="finding")
    op.drop_index("ix_finding_report", table_name="finding")
    op.drop_index("ix_finding_workspace_id_series_period", table_name="finding")
    op.create_index("ix_finding_workspace_id_series", "finding", ["workspace_id", "series"])
    for table in (_NOTICE, _MAIL, _CHOICE, _CURSOR):
        op.drop_table(table)
