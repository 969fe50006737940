"""Keep what people decide on findings, each deed of it, and the deeds that were done as one.

Revision ID: 2026_11_21_12
Revises: 2026_11_21_11
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_12"
down_revision = "2026_11_21_11"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_REVIEW, _EVENT, _BATCH = "finding_review", "review_event", "review_batch"


def upgrade() -> None:
    op.create_table(
        _REVIEW,
        *_common(_REVIEW),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("series", "state", "scope", "reason")),
        sa.Column("period", sa.Date(), nullable=True),
        sa.Column("numbers", _JSON, nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=True),
        sa.Column("lines", _JSON, nullable=False),
        sa.Column("split", _JSON, nullable=False),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("assignee_id", _ID, nullable=True),
        sa.Column("tags", _JSON, nullable=False),
        sa.Column("tags_key", sa.String(), nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("returned", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers(_REVIEW, "assignee_id", "user_account"),
        _refers(_REVIEW, "decided_by", "user_account"),
        sa.UniqueConstraint("workspace_id", "series", name=f"uq_{_REVIEW}_workspace_id_series"),
    )
    op.create_table(
        _EVENT,
        *_common(_EVENT),
        sa.Column("review_id", _ID, nullable=False),
        sa.Column("finding_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("batch", "deed", "text")),
        *(sa.Column(name, _JSON, nullable=False) for name in ("mentions", "before", "after")),
        sa.Column("client_id", _ID, nullable=True),
        sa.Column("product_code", sa.String(), nullable=False),
        sa.Column("rule_id", _ID, nullable=True),
        sa.Column("delta", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", _TIME, nullable=True),
        _refers(_EVENT, "review_id", _REVIEW, ondelete="CASCADE"),
        _refers(_EVENT, "finding_id", "finding"),
        _refers(_EVENT, "user_id", "user_account"),
        _refers(_EVENT, "client_id", "client"),
        _refers(_EVENT, "rule_id", "service_rule"),
    )
    op.create_table(
        _BATCH,
        *_common(_BATCH),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("verdict", _JSON, nullable=False),
        sa.Column("items", _JSON, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "done", "applied", "refusals")),
        sa.Column("refused", _JSON, nullable=False),
        sa.Column("undoes", sa.String(), nullable=False),
        sa.Column("job_id", _ID, nullable=True),
        _refers(_BATCH, "user_id", "user_account"),
        _refers(_BATCH, "job_id", "job_run"),
        sa.UniqueConstraint("workspace_id", "user_id", "token", name=f"uq_{_BATCH}_workspace_id_user_id_token"),
    )
    op.create_index("ix_finding_review_workspace_id_state", _REVIEW, ["workspace_id", "state"])
    op.create_index("ix_review_event_review_id", _EVENT, ["review_id", "id"])
    op.create_index("ix_review_event_workspace_id_batch", _EVENT, ["workspace_id", "batch"])
    columns = ["workspace_id", "client_id", "product_code"]
    op.create_index("ix_review_event_workspace_id_client_id_product_code", _EVENT, columns)
    op.create_index("ix_review_event_workspace_id_rule_id", _EVENT, ["workspace_id", "rule_id"])
    for table in (_REVIEW, _EVENT, _BATCH):
        op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
        if op.get_bind().dialect.name == "postgresql":
            fence(op.execute, table)


def _common(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _refers(table, "workspace_id", "workspace"),
    )


def _refers(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    for table in (_BATCH, _EVENT, _REVIEW):
        op.drop_table(table)
