"""Writing into PSAs: who may, change sets with their changes, and the journal of what was sent and what came of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field

_OPEN_CHANGE = text("state IN ('wanted', 'planned', 'sent', 'unclear')")
_UNSETTLED = text("state IN ('sent', 'unclear')")
_OPEN_INTENT = text("state = 'open'")


class WritePolicy(WorkspaceRow, table=True):
    """How a workspace approves. `four_eyes`: not by the preparer; `one_click`: a single line without a second step."""

    __tablename__ = "write_policy"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    four_eyes: bool = False
    one_click: bool = False


class WriteAccess(WorkspaceRow, table=True):
    """That an admin enabled writing for a connection, and as whom RCX writes there.

    `credentials`: encrypted values that differ from those RCX reads with; None: the same. `settings`: the connection's
    settings then; where they differ now nothing is written, since the address may be another one.
    """

    __tablename__ = "write_access"
    __table_args__ = (UniqueConstraint("connection_id"),)

    connection_id: int = ref("connection.id", cascade=True)
    credentials: bytes | None = Field(default=None, sa_type=LargeBinary)
    settings: dict[str, Any] = json_field(dict)
    enabled_by: int | None = ref("user_account.id", nullable=True)
    enabled_at: datetime = time_field(default_now=True)


class ChangeSet(WorkspaceRow, table=True):
    """Changes of one connection that are approved and sent together.

    `state`: draft -> waiting_approval -> approved -> sending -> done, or cancelled. `revision` grows with every change
    of what would be approved. `is_handoff`: people type it into the PSA themselves; nothing is sent.
    """

    __tablename__ = "change_set"
    __table_args__ = (Index("ix_change_set_connection_id_state", "connection_id", "state"),)

    connection_id: int = ref("connection.id")
    state: str = "draft"
    revision: int = 1
    is_handoff: bool = False
    is_one_click: bool = False
    note: str = ""
    error: str = ""
    prepared_by: int | None = ref("user_account.id", nullable=True)
    approved_by: int | None = ref("user_account.id", nullable=True)
    approved_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()


class LineChange(WorkspaceRow, table=True):
    """One line's quantity, old to new. Of a line at most one change is open.

    `state`: wanted -> planned -> sent -> verified | refused | failed | unclear | undone | applied_outside | dropped.
    `operations`: what is sent, in the PSA's own terms; `step`: how many of them are done. `inverse`: the change that
    takes it back. `warnings`: list of {code, text}. Money is the difference of an invoice of the line's cycle, None
    where it is not known.
    """

    __tablename__ = "line_change"
    __table_args__ = (
        Index(
            "uq_line_change_open_line",
            "line_id",
            unique=True,
            sqlite_where=_OPEN_CHANGE,
            postgresql_where=_OPEN_CHANGE,
        ),
        Index("ix_line_change_change_set_id", "change_set_id"),
        Index("ix_line_change_finding_id", "finding_id"),
        Index("ix_line_change_unsettled", "state", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    )

    change_set_id: int = ref("change_set.id", cascade=True)
    finding_id: int | None = ref("finding.id", nullable=True)
    line_id: int = ref("line.id")
    undoes_id: int | None = ref("line_change.id", nullable=True)
    line_external_id: str
    agreement_external_id: str
    old_quantity: Decimal = exact_field()
    quantity: Decimal = exact_field()
    effective_date: date | None = None
    seen_version: str = ""
    state: str = "wanted"
    step: int = 0
    operations: list[Any] = json_field(list)
    warnings: list[Any] = json_field(list)
    currency: str = ""
    money_this: Decimal | None = exact_field(nullable=True)
    money_next: Decimal | None = exact_field(nullable=True)
    reason: str = ""
    message: str = ""
    inverse: dict[str, Any] = json_field(dict)
    read_back: Decimal | None = exact_field(nullable=True)
    ended_at: datetime | None = time_field()


class WriteIntent(WorkspaceRow, table=True):
    """Written and committed before an operation is sent; at most one of a change is open.

    `state`: open -> received (answered and read back) | applied (found by reading) | not_applied | refused (nothing
    was sent, or the PSA said no) | unclear. `number` counts the intents of a step.
    """

    __tablename__ = "write_intent"
    __table_args__ = (
        UniqueConstraint("line_change_id", "step", "number"),
        Index("ix_write_intent_workspace_id_line_change_id", "workspace_id", "line_change_id"),
        Index(
            "uq_write_intent_open_change",
            "line_change_id",
            unique=True,
            sqlite_where=_OPEN_INTENT,
            postgresql_where=_OPEN_INTENT,
        ),
    )

    line_change_id: int = ref("line_change.id", cascade=True)
    job_id: int | None = ref("job_run.id", nullable=True)
    step: int
    number: int
    operation: dict[str, Any] = json_field(dict)
    state: str = "open"
    receipt: dict[str, Any] = json_field(dict)
    resolved: str = ""
    resolved_at: datetime | None = time_field()
