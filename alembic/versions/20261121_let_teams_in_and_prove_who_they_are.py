"""Let teams in by invitation, and let people prove who they are by codes and by their company's sign-in.

Revision ID: 2026_11_21_18
Revises: 2026_11_21_17
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_18"
down_revision = "2026_11_21_17"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_INVITATION, _PROVIDER, _LINK, _ATTEMPT = "invitation", "identity_provider", "identity_link", "openid_attempt"
_CODE, _CHANGE = "recovery_code", "email_change"
_ADDED = {
    "user_account": ("password_changed_at", "totp_secret", "totp_pending", "totp_since", "totp_last_step"),
    "workspace": ("needs_two_factor",),
    "auth_session": ("method", "proven_at"),
}


def upgrade() -> None:
    _add_columns()
    _make(
        _INVITATION,
        *(_text(name) for name in ("email", "email_key", "role", "token_hash")),
        *_ref(_INVITATION, "invited_by", "user_account"),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("accepted_at", _TIME, nullable=True),
        *_ref(_INVITATION, "accepted_by", "user_account", nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        _unique(_INVITATION, "token_hash"),
        indexes=("email_key",),
    )
    _make(
        _PROVIDER,
        *(_text(name) for name in ("kind", "key", "issuer", "client_id")),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("domains", _JSON, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        _unique(_PROVIDER, "key"),
        _unique(_PROVIDER, "workspace_id"),
    )
    _make(
        _LINK,
        *_ref(_LINK, "user_id", "user_account"),
        _text("issuer"),
        _text("subject"),
        _unique(_LINK, "workspace_id", "issuer", "subject"),
        _unique(_LINK, "workspace_id", "user_id"),
        indexes=("user_id",),
    )
    _make(
        _ATTEMPT,
        *(_text(name) for name in ("state_hash", "browser_hash", "nonce", "target")),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        _unique(_ATTEMPT, "state_hash"),
    )
    _make_of_people()


def _add_columns() -> None:
    user = "user_account"
    op.add_column(user, sa.Column("password_changed_at", _TIME, nullable=True))
    for name in ("totp_secret", "totp_pending"):
        op.add_column(user, sa.Column(name, sa.LargeBinary(), nullable=False, server_default=""))
    op.add_column(user, sa.Column("totp_since", _TIME, nullable=True))
    op.add_column(user, sa.Column("totp_last_step", _ID, nullable=False, server_default="0"))
    op.add_column("workspace", sa.Column("needs_two_factor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("auth_session", sa.Column("method", sa.String(), nullable=False, server_default="password"))
    op.add_column("auth_session", sa.Column("proven_at", _TIME, nullable=True))


def _make_of_people() -> None:
    """What belongs to a person and no workspace."""
    op.create_table(
        _CODE,
        sa.Column("id", _ID, nullable=False),
        *_ref(_CODE, "user_id", "user_account"),
        _text("code_hash"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CODE}"),
    )
    op.create_table(
        _CHANGE,
        sa.Column("id", _ID, nullable=False),
        *_ref(_CHANGE, "user_id", "user_account"),
        *(_text(name) for name in ("new_email", "old_token_hash", "new_token_hash")),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        *(sa.Column(name, _TIME, nullable=True) for name in ("old_confirmed_at", "new_confirmed_at", "ended_at")),
        _unique(_CHANGE, "old_token_hash"),
        _unique(_CHANGE, "new_token_hash"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CHANGE}"),
    )
    for table in (_CODE, _CHANGE):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])


def _make(table: str, *columns: Any, indexes: tuple[str, ...] = ()) -> None:
    """A table of a workspace's rows, fenced as the second migration does for the first ones."""
    op.create_table(
        table,
        sa.Column("id", _ID, nullable=False),
        *_ref(table, "workspace_id", "workspace"),
        sa.Column("created_at", _TIME, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for column in ("workspace_id", *indexes):
        op.create_index(f"ix_{table}_{column}", table, [column])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY workspace_fence ON {table} USING ("
            "current_setting('rcx.workspace', true) = 'system' "
            "OR workspace_id::text = current_setting('rcx.workspace', true))"
        )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def _ref(table: str, column: str, target: str, *, nullable: bool = False) -> tuple[Any, ...]:
    return (
        sa.Column(column, _ID, nullable=nullable),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}"),
    )


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def downgrade() -> None:
    for table in (_ATTEMPT, _LINK, _PROVIDER, _INVITATION, _CHANGE, _CODE):
        op.drop_table(table)
    for table, columns in _ADDED.items():
        for column in columns:
            op.drop_column(table, column)
