"""Chain the audit trail: events are numbered without gaps, hashed with their predecessors, and never changed.

Existing events are chained in the order in which they were written. The references to people and workspaces go, since
an event must be writable without waiting for a lock on what it names, and events without a workspace come in.

Revision ID: 2026_11_21_11
Revises: 2026_11_21_10
"""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_11"
down_revision = "2026_11_21_10"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_EVENT, _HEAD, _OLD = "audit_event", "audit_head", "audit_event_old"
_BLOCK = 1000
_FENCE = (
    "CREATE POLICY workspace_fence ON {} USING (current_setting('rcx.workspace', true) = 'system' "
    "OR workspace_id::text = current_setting('rcx.workspace', true))"
)
_GO_ON = "SELECT setval(pg_get_serial_sequence('audit_event', 'id'), coalesce(max(id), 0) + 1, false) FROM audit_event"
# (name, table, when, condition on SQLite): what is refused. A head may only go on.
_REFUSED = (
    ("audit_event_never_changes", _EVENT, "UPDATE", ""),
    ("audit_event_never_goes", _EVENT, "DELETE", ""),
    ("audit_head_never_goes", _HEAD, "DELETE", ""),
    ("audit_head_only_goes_on", _HEAD, "UPDATE", "WHEN NEW.number <= OLD.number OR NEW.chain <> OLD.chain"),
)


def upgrade() -> None:
    _put_aside()
    _create()
    _chain_what_is_there()
    op.drop_table(_OLD)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        for name, table, when, condition in _REFUSED:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} {condition} "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )


def _put_aside() -> None:
    """The old table under another name, and the names of its constraints free."""
    op.drop_index("ix_audit_event_tag", _EVENT)
    op.drop_index("ix_audit_event_workspace_id", _EVENT)
    op.rename_table(_EVENT, _OLD)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {_OLD} RENAME CONSTRAINT pk_audit_event TO pk_audit_event_old")
        op.execute("ALTER SEQUENCE IF EXISTS audit_event_id_seq RENAME TO audit_event_old_id_seq")
        # The migration belongs to no workspace, and reads all.
        op.execute(f"ALTER TABLE {_OLD} NO FORCE ROW LEVEL SECURITY")


def _create() -> None:
    op.create_table(
        _EVENT,
        *_columns(nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("uq_audit_event_number", _EVENT, ["workspace_id", "number"], unique=True)
    alone = sa.text("workspace_id IS NULL")
    op.create_index(
        "uq_audit_event_number_alone", _EVENT, ["number"], unique=True, sqlite_where=alone, postgresql_where=alone
    )
    op.create_index("ix_audit_event_tag", _EVENT, ["workspace_id", "tag", "number"])
    op.create_index("ix_audit_event_subject", _EVENT, ["workspace_id", "subject_type", "subject_id", "number"])
    op.create_table(
        _HEAD,
        sa.Column("chain", _ID, autoincrement=False, nullable=False),
        sa.Column("workspace_id", _ID, nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_head"),
    )


def _columns(*, nullable: bool) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=nullable),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", _ID, nullable=True),
        sa.Column("detail", _JSON, nullable=False),
    )


def _chain_what_is_there() -> None:
    bind = op.get_bind()
    meta = sa.MetaData()
    old, new, head = (
        sa.Table(_OLD, meta, *_columns(nullable=False)),
        sa.Table(
            _EVENT, meta, *_columns(nullable=True), sa.Column("number"), sa.Column("previous_hash"), sa.Column("hash")
        ),
        sa.Table(_HEAD, meta, sa.Column("chain"), sa.Column("workspace_id"), sa.Column("number"), sa.Column("hash")),
    )
    heads: dict[int, tuple[int, str]] = {}
    last = 0
    while rows := bind.execute(sa.select(old).where(old.c.id > last).order_by(old.c.id).limit(_BLOCK)).mappings().all():
        chained = []
        for row in rows:
            number, previous = heads.get(row["workspace_id"], (0, ""))
            said = _hash(previous, number + 1, row)
            heads[row["workspace_id"]] = (number + 1, said)
            chained.append({**row, "number": number + 1, "previous_hash": previous, "hash": said})
        bind.execute(sa.insert(new), chained)
        last = rows[-1]["id"]
    for workspace_id, (number, said) in heads.items():
        bind.execute(sa.insert(head).values(chain=workspace_id, workspace_id=workspace_id, number=number, hash=said))
    if bind.dialect.name == "postgresql":
        op.execute(_GO_ON)


def _hash(previous: str, number: int, row: Any) -> str:
    """What `rcx_app.domain.audit.chain` made of an event on the day of this migration."""
    at: datetime = row["created_at"]
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    content = {
        "workspace": row["workspace_id"],
        "number": number,
        "at": at.isoformat(timespec="microseconds"),
        "user": row["user_id"],
        "tag": row["tag"],
        "subject": [row["subject_type"], row["subject_id"]],
        "detail": _plain(row["detail"]),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(Decimal(repr(value))) if isinstance(value, float) and value.is_integer() else value


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    for table in (_EVENT, _HEAD):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(_FENCE.format(table))
        op.execute(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    for name, table, when, condition in _REFUSED:
        only = f"WHEN ({condition.removeprefix('WHEN ')})" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW {only} EXECUTE FUNCTION audit_refuse()"
        )


def downgrade() -> None:
    """The events of workspaces stay, without their chain; those without a workspace have no place below."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name in (
        "uq_audit_event_number",
        "uq_audit_event_number_alone",
        "ix_audit_event_tag",
        "ix_audit_event_subject",
    ):
        op.drop_index(name, _EVENT)
    op.rename_table(_EVENT, _OLD)
    if is_postgresql:
        op.execute(f"ALTER TABLE {_OLD} RENAME CONSTRAINT pk_audit_event TO pk_audit_event_old")
        op.execute("ALTER SEQUENCE IF EXISTS audit_event_id_seq RENAME TO audit_event_old_id_seq")
        op.execute(f"ALTER TABLE {_OLD} NO FORCE ROW LEVEL SECURITY")
    op.create_table(
        _EVENT,
        *_columns(nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_audit_event_user_id_user_account"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_audit_event_workspace_id_workspace"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_tag", _EVENT, ["tag"])
    op.create_index("ix_audit_event_workspace_id", _EVENT, ["workspace_id"])
    names = ", ".join(column.name for column in _columns(nullable=False))
    op.execute(f"INSERT INTO {_EVENT} ({names}) SELECT {names} FROM {_OLD} WHERE workspace_id IS NOT NULL")  # noqa: S608 - constants
    op.drop_table(_OLD)
    op.drop_table(_HEAD)
    if is_postgresql:
        op.execute("DROP FUNCTION audit_refuse()")
        op.execute(_GO_ON)
        op.execute(f"ALTER TABLE {_EVENT} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {_EVENT} FORCE ROW LEVEL SECURITY")
        op.execute(_FENCE.format(_EVENT))
