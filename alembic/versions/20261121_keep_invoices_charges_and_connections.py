"""Keep invoices, charges and SKUs, and what a connection to a vendor's API needs.

Columns are added with a default of the database's own and dropped one by one: SQLite must not rebuild a table that
others refer to.

Revision ID: 2026_11_21_01
Revises: 2026_11_20_02
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_01"
down_revision = "2026_11_20_02"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TABLES = ("sku", "charge", "invoice", "invoice_line")


def upgrade() -> None:
    _columns()
    _create("sku", sa.Column("name", sa.String(), nullable=False), sa.Column("name_key", sa.String(), nullable=False))
    _create(
        "charge",
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("account_external_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("sku_key", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        parents={"account_id": "account"},
    )
    _create(
        "invoice",
        sa.Column("client_id", _ID, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        parents={"client_id": "client"},
    )
    _create(
        "invoice_line",
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("line_id", _ID, nullable=True),
        sa.Column("line_external_id", sa.String(), nullable=False),
        sa.Column("product_code", sa.String(), nullable=False),
        sa.Column("product_key", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        parents={"invoice_id": "invoice", "line_id": "line"},
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            fence(op.execute, table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    for name in ("retry_at", "notes", "failures"):
        op.drop_column("sync_run", name)
    for name in ("checked_at", "must_read_whole", "cursors", "may_write", "is_sandbox", "settings", "last_failure"):
        op.drop_column("connection", name)


def _columns() -> None:
    nothing, empty, no = sa.text("'[]'"), sa.text("'{}'"), sa.false()
    for name, kind, default in (
        ("last_failure", _JSON, empty),
        ("settings", _JSON, empty),
        ("is_sandbox", sa.Boolean(), no),
        ("may_write", sa.Boolean(), no),
        ("cursors", _JSON, empty),
        ("must_read_whole", sa.Boolean(), no),
    ):
        op.add_column("connection", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("connection", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("failures", "notes"):
        op.add_column("sync_run", sa.Column(name, _JSON, nullable=False, server_default=nothing))
    op.add_column("sync_run", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))


def _create(table: str, *columns: sa.Column, parents: dict[str, str] | None = None) -> None:  # type: ignore[type-arg]
    """A table of rows read from a source, with an index for each row it refers to."""
    references = {"workspace_id": "workspace", "connection_id": "connection"} | (parents or {})
    op.create_table(
        table,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attributes", _JSON, nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")
            for column, target in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("connection_id", "external_id", name=f"uq_{table}_connection_id_external_id"),
    )
    for column in ("workspace_id", *(parents or {})):
        op.create_index(f"ix_{table}_{column}", table, [column])
