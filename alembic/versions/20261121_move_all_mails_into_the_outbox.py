"""Move all mails into the one outbox.

The four tables of mails become one. What waited goes on waiting there; reminders that were sent stay known, so that
none is sent twice. A digest that waited is not moved: its notices are untold again, so the next digest tells them.

Revision ID: 2026_11_21_23
Revises: 2026_11_21_22
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core import crypto
from rcx_app.core.fence import fence

revision = "2026_11_21_23"
down_revision = "2026_11_21_22"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_OLD = ("alert_mail", "booking_mail", "notice_mail", "support_mail")
_TO_OLD_MAIL = "fk_notice_mail_id_notice_mail"


def upgrade() -> None:
    _see_all()
    for row in (*_alerts(), *_tickets(), *_bookings()):
        op.get_bind().execute(_MAIL.insert().values(**row))
    op.execute(
        "UPDATE notice SET for_mail = false WHERE mail_id IS NOT NULL "
        "AND mail_id NOT IN (SELECT id FROM notice_mail WHERE state = 'waiting')"
    )
    op.execute("UPDATE notice SET mail_id = NULL")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint(_TO_OLD_MAIL, type_="foreignkey")
    for table in _OLD:
        op.drop_table(table)
    op.execute(
        "UPDATE job_run SET state = 'cancelled', finished_at = CURRENT_TIMESTAMP "
        "WHERE kind IN ('booking.mail', 'notices.send', 'support.send') "
        "AND state NOT IN ('done', 'failed', 'cancelled')"
    )


def _see_all() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('rcx.workspace', 'system', true)")


_MAIL = sa.table(
    "mail",
    *(sa.column(name) for name in ("workspace_id", "user_id", "key", "kind", "sealed", "message_id", "state")),
    *(sa.column(name) for name in ("tries", "lost", "reason")),
    *(sa.column(name, _TIME) for name in ("created_at", "send_before", "next_try_at", "sent_at")),
    sa.column("about", _JSON),
)


def _rows(table: str, *columns: Any) -> Iterator[Any]:
    common = [sa.column(name) for name in ("id", "workspace_id", "user_id", "state")]
    made = sa.table(table, *common, sa.column("created_at", _TIME), *columns)
    return iter(op.get_bind().execute(sa.select(made).where(made.c.state != "dropped").order_by(made.c.id)).all())


def _moved(row: Any, kind: str, key: str, about: dict[str, Any], send_before: datetime, **more: Any) -> dict[str, Any]:
    is_sent = row.state != "waiting"
    return {
        "workspace_id": row.workspace_id,
        "user_id": row.user_id,
        "created_at": row.created_at,
        "key": key,
        "kind": kind,
        "about": about,
        "sealed": None,
        "message_id": f"<{uuid.uuid4().hex}@rcx.example>",
        "send_before": send_before,
        "state": "sent" if is_sent else "waiting",
        "tries": 0,
        "lost": 0,
        "next_try_at": datetime.now(UTC),
        "sent_at": row.created_at if is_sent else None,
        "reason": "",
        **more,
    }


def _alerts() -> Iterator[dict[str, Any]]:
    for row in _rows("alert_mail", sa.column("changes", _JSON)):
        if row.state == "waiting":
            about = {"changes": row.changes}
            yield _moved(row, "alert", f"alert:before:{row.id}", about, row.created_at + timedelta(days=1))


def _tickets() -> Iterator[dict[str, Any]]:
    more = [sa.column(name) for name in ("ticket_id", "entry_id", "side", "about")]
    for row in _rows("support_mail", *more):
        if row.state == "waiting":
            about = {"ticket_id": row.ticket_id, "entry_id": row.entry_id, "side": row.side, "about": row.about}
            yield _moved(row, "ticket", f"ticket:before:{row.id}", about, row.created_at + timedelta(days=2))


def _bookings() -> Iterator[dict[str, Any]]:
    more = [sa.column(name) for name in ("booking_id", "occasion", "sequence", "subject", "body", "invitation")]
    for row in _rows("booking_mail", *more, sa.column("send_before", _TIME)):
        about = {"booking_id": row.booking_id, "occasion": row.occasion, "sequence": row.sequence}
        key = f"booking:{row.booking_id}:{row.sequence}:{row.occasion}:{row.user_id}"
        letter = {
            "to": "",
            "subject": row.subject,
            "body": row.body,
            "html": "",
            "headers": json.dumps({}),
            "calendar": row.invitation,
            "method": "CANCEL" if row.occasion == "cancel" else "REQUEST",
        }
        sealed = crypto.encrypt(letter) if row.state == "waiting" else None
        yield _moved(row, "booking", key, about, row.send_before, sealed=sealed)


def downgrade() -> None:
    """Mails that wait are lost; none of what was sent is sent again."""
    _see_all()
    op.execute("UPDATE notice SET for_mail = false WHERE mail_id IS NOT NULL")
    op.execute("UPDATE notice SET mail_id = NULL")
    op.execute("DELETE FROM mail")
    _create_old("alert_mail", sa.Column("changes", _JSON, nullable=False))
    _create_old("notice_mail")
    _create_old(
        "booking_mail",
        _ref("booking_mail", "booking_id", "booking"),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("occasion", "subject", "body", "invitation")),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("send_before", _TIME, nullable=False),
        sa.UniqueConstraint(
            "booking_id", "user_id", "sequence", "occasion", name="uq_booking_mail_booking_id_user_id_sequence_occasion"
        ),
    )
    _create_old(
        "support_mail",
        _ref("support_mail", "ticket_id", "support_ticket"),
        _ref("support_mail", "entry_id", "support_entry", nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("side", "about")),
    )
    op.create_index("ix_support_mail_ticket_id", "support_mail", ["ticket_id"])
    with op.batch_alter_table("notice") as notice:
        notice.create_foreign_key(_TO_OLD_MAIL, "notice_mail", ["mail_id"], ["id"])


def _create_old(table: str, *parts: Any) -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        *parts,
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{table}_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
    op.create_index(f"ix_{table}_workspace_id_state", table, ["workspace_id", "state"])
    if op.get_bind().dialect.name == "postgresql":
        fence(op.execute, table)


def _ref(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    name = f"fk_{table}_{column}_{target}"
    return sa.Column(column, _ID, sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE"), nullable=nullable)
