"""Prepare changes of lines, and journal what is written into PSAs.

Revision ID: 2026_11_21_13
Revises: 2026_11_21_12
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_13"
down_revision = "2026_11_21_12"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_POLICY, _ACCESS, _SET, _CHANGE, _INTENT = "write_policy", "write_access", "change_set", "line_change", "write_intent"
_OPEN_CHANGE = sa.text("state IN ('wanted', 'planned', 'sent', 'unclear')")
_OPEN_INTENT = sa.text("state = 'open'")


def upgrade() -> None:
    _table(
        _POLICY,
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("one_click", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("workspace_id", name=f"uq_{_POLICY}_workspace_id"),
    )
    _table(
        _ACCESS,
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("settings", _JSON, nullable=False),
        sa.Column("enabled_by", _ID, nullable=True),
        sa.Column("enabled_at", _TIME, nullable=False),
        _to(_ACCESS, "connection_id", "connection", cascade=True),
        _to(_ACCESS, "enabled_by", "user_account"),
        sa.UniqueConstraint("connection_id", name=f"uq_{_ACCESS}_connection_id"),
    )
    _table(
        _SET,
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_handoff", sa.Boolean(), nullable=False),
        sa.Column("is_one_click", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("prepared_by", _ID, nullable=True),
        sa.Column("approved_by", _ID, nullable=True),
        sa.Column("approved_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        _to(_SET, "connection_id", "connection"),
        _to(_SET, "prepared_by", "user_account"),
        _to(_SET, "approved_by", "user_account"),
    )
    op.create_index(f"ix_{_SET}_connection_id_state", _SET, ["connection_id", "state"])
    _changes()
    _table(
        _INTENT,
        sa.Column("line_change_id", _ID, nullable=False),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("operation", _JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("receipt", _JSON, nullable=False),
        sa.Column("resolved", sa.String(), nullable=False),
        sa.Column("resolved_at", _TIME, nullable=True),
        _to(_INTENT, "line_change_id", "line_change", cascade=True),
        _to(_INTENT, "job_id", "job_run"),
        sa.UniqueConstraint("line_change_id", "step", "number", name=f"uq_{_INTENT}_line_change_id_step_number"),
    )
    op.create_index(
        f"uq_{_INTENT}_open_change",
        _INTENT,
        ["line_change_id"],
        unique=True,
        sqlite_where=_OPEN_INTENT,
        postgresql_where=_OPEN_INTENT,
    )


def _changes() -> None:
    _table(
        _CHANGE,
        sa.Column("change_set_id", _ID, nullable=False),
        sa.Column("finding_id", _ID, nullable=True),
        sa.Column("line_id", _ID, nullable=False),
        sa.Column("undoes_id", _ID, nullable=True),
        sa.Column("line_external_id", sa.String(), nullable=False),
        sa.Column("agreement_external_id", sa.String(), nullable=False),
        sa.Column("old_quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=True),
        sa.Column("seen_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("operations", _JSON, nullable=False),
        sa.Column("warnings", _JSON, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("money_this", sa.BigInteger(), nullable=True),
        sa.Column("money_next", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("inverse", _JSON, nullable=False),
        sa.Column("read_back", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        _to(_CHANGE, "change_set_id", "change_set", cascade=True),
        _to(_CHANGE, "finding_id", "finding"),
        _to(_CHANGE, "line_id", "line"),
        _to(_CHANGE, "undoes_id", "line_change"),
    )
    op.create_index(f"ix_{_CHANGE}_change_set_id", _CHANGE, ["change_set_id"])
    op.create_index(f"ix_{_CHANGE}_finding_id", _CHANGE, ["finding_id"])
    op.create_index(
        f"uq_{_CHANGE}_open_line",
        _CHANGE,
        ["line_id"],
        unique=True,
        sqlite_where=_OPEN_CHANGE,
        postgresql_where=_OPEN_CHANGE,
    )


def _table(name: str, *parts: Any) -> None:
    """A workspace's table, fenced as the second migration does for the first ones."""
    op.create_table(
        name,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        *parts,
        _to(name, "workspace_id", "workspace"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_workspace_id", name, ["workspace_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY workspace_fence ON {name} USING ("
            "current_setting('rcx.workspace', true) = 'system' "
            "OR workspace_id::text = current_setting('rcx.workspace', true))"
        )


def _to(table: str, column: str, other: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    rule = {"ondelete": "CASCADE"} if cascade else {}
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", **rule)


def downgrade() -> None:
    for table in (_INTENT, _CHANGE, _SET, _ACCESS, _POLICY):
        op.drop_table(table)
