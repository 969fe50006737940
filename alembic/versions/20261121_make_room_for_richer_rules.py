"""Room for richer rules, exclusions, what lines said before, saved views, and rates for viewing.

Revision ID: 2026_11_21_06
Revises: 2026_11_21_05
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_06"
down_revision = "2026_11_21_05"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_VERSION = {"lines": "[]", "tiers": "[]", "allowance": "{}", "members": "[]"}
_WORKSPACE = {"display_currency": "", "contract_view": "all"}
_TABLES = ("exclusion", "line_history", "saved_view", "column_choice", "currency_rate")


def upgrade() -> None:
    for name, empty in _VERSION.items():
        op.add_column("service_rule_version", sa.Column(name, _JSON, nullable=False, server_default=empty))
    op.add_column("service_rule_version", sa.Column("tier_mode", sa.String(), nullable=False, server_default=""))
    for name, usual in _WORKSPACE.items():
        op.add_column("workspace", sa.Column(name, sa.String(), nullable=False, server_default=usual))
    op.add_column("workspace", sa.Column("inactive_days", sa.Integer(), nullable=False, server_default="30"))
    op.add_column("finding", sa.Column("series", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_finding_workspace_id_series", "finding", ["workspace_id", "series"])
    _exclusion()
    _line_history()
    _views()
    _rates()
    for table in _TABLES:
        op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
        if op.get_bind().dialect.name == "postgresql":
            fence(op.execute, table)


def _exclusion() -> None:
    _table(
        "exclusion",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        _refers("exclusion", "connection_id", "connection", cascade=True),
        _refers("exclusion", "user_id", "user_account"),
        unique=("workspace_id", "scope", "key", "connection_id"),
    )


def _line_history() -> None:
    _table(
        "line_history",
        sa.Column("line_id", _ID, nullable=False),
        sa.Column("valid_from", _TIME, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("included_quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        _refers("line_history", "line_id", "line", cascade=True),
    )
    op.create_index("ix_line_history_line_id_valid_from", "line_history", ["line_id", "valid_from"])


def _views() -> None:
    _table(
        "saved_view",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", _JSON, nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        _refers("saved_view", "user_id", "user_account"),
        unique=("workspace_id", "user_id", "page", "name"),
    )
    _table(
        "column_choice",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("columns", _JSON, nullable=False),
        _refers("column_choice", "user_id", "user_account"),
        unique=("workspace_id", "user_id", "page"),
    )


def _rates() -> None:
    _table(
        "currency_rate",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        _refers("currency_rate", "user_id", "user_account"),
        unique=("workspace_id", "currency", "quote", "day"),
    )


def _table(name: str, *columns: Any, unique: tuple[str, ...] = ()) -> None:
    named = [sa.UniqueConstraint(*unique, name=f"uq_{name}_{'_'.join(unique)}")] if unique else []
    op.create_table(
        name,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        *columns,
        _refers(name, "workspace_id", "workspace"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *named,
    )


def _refers(table: str, column: str, target: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    rule = "CASCADE" if cascade else None
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}", ondelete=rule)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_index("ix_finding_workspace_id_series", "finding")
    op.drop_column("finding", "series")
    for column in (*_WORKSPACE, "inactive_days"):
        op.drop_column("workspace", column)
    for column in (*_VERSION, "tier_mode"):
        op.drop_column("service_rule_version", column)
