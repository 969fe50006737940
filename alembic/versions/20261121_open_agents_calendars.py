"""Open agents' calendars to bookings, which hold each quarter of an hour once.

Revision ID: 2026_11_21_16
Revises: 2026_11_21_15
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_16"
down_revision = "2026_11_21_15"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_CALENDAR, _EXCEPTION, _BOOKING = "agent_calendar", "calendar_exception", "booking"
_QUARTER, _EVENT, _MAIL = "booking_quarter", "booking_event", "booking_mail"
_LENGTHS = ("onboarding_min", "meeting_min", "buffer_before_min", "buffer_after_min", "notice_min", "ahead_days")


def upgrade() -> None:
    _calendars()
    _bookings()
    _what_follows()
    if op.get_bind().dialect.name == "postgresql":
        for table in (_BOOKING, _EVENT, _MAIL):
            fence(op.execute, table)


def _calendars() -> None:
    op.create_table(
        _CALENDAR,
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("hours", _JSON, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _LENGTHS),
        sa.Column("meeting_link", sa.String(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        _to(_CALENDAR, "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CALENDAR}"),
        sa.UniqueConstraint("user_id", name=f"uq_{_CALENDAR}_user_id"),
    )
    op.create_table(
        _EXCEPTION,
        sa.Column("id", _ID, nullable=False),
        sa.Column("calendar_id", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_min", sa.Integer(), nullable=True),
        sa.Column("ends_min", sa.Integer(), nullable=True),
        _to(_EXCEPTION, "calendar_id", _CALENDAR, cascade=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_EXCEPTION}"),
    )
    for column in ("calendar_id", "last_day"):
        op.create_index(f"ix_{_EXCEPTION}_{column}", _EXCEPTION, [column])


def _bookings() -> None:
    _workspace_table(
        _BOOKING,
        sa.Column("agent_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "state")),
        *(sa.Column(name, _TIME, nullable=False) for name in ("starts_at", "ends_at")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("zone", "topic", "meeting_link", "uid")),
        sa.Column("sequence", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("request_key", "cancelled_by", "reason")),
        sa.Column("ended_at", _TIME, nullable=True),
        _to(_BOOKING, "agent_id", "user_account"),
        _to(_BOOKING, "user_id", "user_account"),
        sa.UniqueConstraint("uid", name=f"uq_{_BOOKING}_uid"),
        sa.UniqueConstraint("workspace_id", "request_key", name=f"uq_{_BOOKING}_workspace_id_request_key"),
    )
    for columns in (("state", "starts_at"), ("agent_id", "starts_at")):
        op.create_index(f"ix_{_BOOKING}_{'_'.join(columns)}", _BOOKING, list(columns))


def _what_follows() -> None:
    op.create_table(
        _QUARTER,
        sa.Column("id", _ID, nullable=False),
        sa.Column("agent_id", _ID, nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("booking_id", _ID, nullable=False),
        _to(_QUARTER, "agent_id", "user_account"),
        _to(_QUARTER, "booking_id", _BOOKING, cascade=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_QUARTER}"),
        sa.UniqueConstraint("agent_id", "quarter", name=f"uq_{_QUARTER}_agent_id_quarter"),
    )
    op.create_index(f"ix_{_QUARTER}_booking_id", _QUARTER, ["booking_id"])
    _workspace_table(
        _EVENT,
        sa.Column("booking_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("deed", "text")),
        *(sa.Column(name, _TIME, nullable=True) for name in ("from_start", "to_start")),
        _to(_EVENT, "booking_id", _BOOKING, cascade=True),
        _to(_EVENT, "user_id", "user_account"),
    )
    op.create_index(f"ix_{_EVENT}_booking_id", _EVENT, ["booking_id"])
    _workspace_table(
        _MAIL,
        sa.Column("booking_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("subject", "body", "invitation")),
        sa.Column("send_before", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        _to(_MAIL, "booking_id", _BOOKING, cascade=True),
        _to(_MAIL, "user_id", "user_account"),
        sa.UniqueConstraint(
            "booking_id", "user_id", "sequence", "occasion", name=f"uq_{_MAIL}_booking_id_user_id_sequence_occasion"
        ),
    )
    op.create_index(f"ix_{_MAIL}_workspace_id_state", _MAIL, ["workspace_id", "state"])


def _workspace_table(name: str, *parts: Any) -> None:
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


def _to(table: str, column: str, other: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    rule = {"ondelete": "CASCADE"} if cascade else {}
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", **rule)


def downgrade() -> None:
    for table in (_MAIL, _EVENT, _QUARTER, _BOOKING, _EXCEPTION, _CALENDAR):
        op.drop_table(table)
