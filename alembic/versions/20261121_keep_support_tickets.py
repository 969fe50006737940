"""Keep support tickets, their threads, notes, files and mails.

Revision ID: 2026_11_21_17
Revises: 2026_11_21_16
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_17"
down_revision = "2026_11_21_16"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_TICKET, _ENTRY, _NOTE, _FILE = "support_ticket", "support_entry", "support_note", "support_attachment"
_MAIL, _DRAFT, _PRESENCE, _TEMPLATE = "support_mail", "support_draft", "support_presence", "support_template"
# Of these a workspace's own transactions see nothing, not even their own rows.
_STAFF_ONLY = (_NOTE, _PRESENCE)


def upgrade() -> None:
    _make(
        _TICKET,
        _text("number", sa.Integer()),
        *(_text(name) for name in ("subject", "category", "priority", "status", "status_before")),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        *_ref(_TICKET, "asker_id", "user_account"),
        *_ref(_TICKET, "assignee_id", "user_account", nullable=True),
        *_ref(_TICKET, "connection_id", "connection", nullable=True),
        _text("once_key"),
        _text("version", sa.Integer()),
        _text("queued_at", _TIME),
        _text("changed_at", _TIME),
        sa.Column("first_answered_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        _unique(_TICKET, "workspace_id", "number"),
        _unique(_TICKET, "workspace_id", "asker_id", "once_key"),
        indexes=(("status", "queued_at"), ("asker_id",), ("assignee_id",)),
    )
    _make(
        _ENTRY,
        *_ref(_ENTRY, "ticket_id", _TICKET, cascade=True),
        _text("kind"),
        _text("deed"),
        *_ref(_ENTRY, "author_id", "user_account", nullable=True),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        _text("text"),
        _text("source"),
        sa.Column("once_key", sa.String(), nullable=True),
        _unique(_ENTRY, "ticket_id", "once_key"),
    )
    _make(
        _NOTE,
        *_ref(_NOTE, "ticket_id", _TICKET, cascade=True),
        _text("kind"),
        _text("deed"),
        *_ref(_NOTE, "author_id", "user_account", nullable=True),
        _text("text"),
        sa.Column("once_key", sa.String(), nullable=True),
        _unique(_NOTE, "ticket_id", "once_key"),
    )
    _make(
        _FILE,
        *_ref(_FILE, "ticket_id", _TICKET, nullable=True, cascade=True),
        *_ref(_FILE, "entry_id", _ENTRY, nullable=True, cascade=True),
        *_ref(_FILE, "uploaded_by", "user_account"),
        *(_text(name) for name in ("filename", "stored_as", "media_type")),
        _text("size_bytes", sa.Integer()),
        _text("sha256"),
        _text("downloads", sa.Integer()),
        _unique(_FILE, "stored_as"),
        indexes=(("ticket_id",), ("uploaded_by",)),
    )
    _make_the_rest()


def _make_the_rest() -> None:
    _make(
        _MAIL,
        *_ref(_MAIL, "ticket_id", _TICKET, cascade=True),
        *_ref(_MAIL, "entry_id", _ENTRY, nullable=True, cascade=True),
        *_ref(_MAIL, "user_id", "user_account"),
        *(_text(name) for name in ("side", "about", "state")),
        sa.Column("tried_at", _TIME, nullable=True),
        indexes=(("ticket_id",), ("workspace_id", "state")),
    )
    _make(
        _DRAFT,
        *_ref(_DRAFT, "user_id", "user_account"),
        _text("place"),
        _text("fields", _JSON),
        _text("changed_at", _TIME),
        _unique(_DRAFT, "workspace_id", "user_id", "place"),
        indexes=(("user_id",),),
    )
    _make(
        _PRESENCE,
        *_ref(_PRESENCE, "ticket_id", _TICKET, cascade=True),
        *_ref(_PRESENCE, "user_id", "user_account"),
        sa.Column("is_writing", sa.Boolean(), nullable=False),
        _text("seen_at", _TIME),
        _unique(_PRESENCE, "ticket_id", "user_id"),
    )
    op.create_table(
        _TEMPLATE,
        _text("id", _ID),
        _text("name"),
        _text("name_key"),
        _text("text"),
        _text("version", sa.Integer()),
        *_ref(_TEMPLATE, "changed_by", "user_account", nullable=True),
        _text("changed_at", _TIME),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_TEMPLATE}"),
        _unique(_TEMPLATE, "name_key"),
    )


def _make(table: str, *parts: Any, indexes: tuple[tuple[str, ...], ...] = ()) -> None:
    op.create_table(
        table,
        _text("id", _ID),
        *_ref(table, "workspace_id", "workspace"),
        _text("created_at", _TIME),
        *parts,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for columns in (("workspace_id",), *indexes):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    if op.get_bind().dialect.name == "postgresql":
        fence(op.execute, table, is_staff_only=table in _STAFF_ONLY)


def _text(name: str, kind: Any = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String() if kind is None else kind, nullable=False)


def _ref(table: str, name: str, target: str, *, nullable: bool = False, cascade: bool = False) -> tuple[Any, Any]:
    key = sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=f"fk_{table}_{name}_{target}", ondelete="CASCADE" if cascade else None
    )
    return sa.Column(name, _ID, nullable=nullable), key


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def downgrade() -> None:
    for table in (_TEMPLATE, _PRESENCE, _DRAFT, _MAIL, _FILE, _NOTE, _ENTRY, _TICKET):
        op.drop_table(table)
