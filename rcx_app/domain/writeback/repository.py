"""SQL of the writeback slice: change sets, their changes, the journal, and what is read of lines to prepare them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from rcx_app.core.repository import Repository
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.writeback.schemas import COUNTED, OPEN_CHANGES, ChangeState, IntentState, SetState
from rcx_app.models import (
    AccountMapping,
    Agreement,
    ChangeSet,
    Client,
    Connection,
    Finding,
    JobRun,
    Line,
    LineChange,
    Subscription,
    User,
    WriteAccess,
    WriteIntent,
    WritePolicy,
)


class WritebackRepository(Repository):
    """One workspace's."""

    noun = "The change set"

    def policy(self, *, lock: bool = False) -> WritePolicy | None:
        query = self.scoped(WritePolicy)
        found: WritePolicy | None = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        return found

    def access(self, connection_id: int) -> WriteAccess | None:
        query = self.scoped(WriteAccess).where(col(WriteAccess.connection_id) == connection_id)
        found: WriteAccess | None = self.session.scalars(query).one_or_none()
        return found

    def connection(self, connection_id: int, *, lock: bool = False) -> Connection:
        return self.get(Connection, connection_id, lock=lock)

    # --- change sets

    def fresh_set(self, change_set_id: int) -> ChangeSet:
        """The set, locked and as the database has it now. Raises NotFound."""
        found = self.get(ChangeSet, change_set_id, lock=True)
        self.session.refresh(found)
        return found

    def sets(self, connection_id: int, states: Collection[SetState]) -> Sequence[ChangeSet]:
        """Oldest approval first, as they are sent."""
        query = (
            self.scoped(ChangeSet)
            .where(col(ChangeSet.connection_id) == connection_id, col(ChangeSet.state).in_(states))
            .order_by(col(ChangeSet.approved_at), col(ChangeSet.id))
        )
        return list(self.session.scalars(query))

    def changes(self, change_set_id: int) -> Sequence[LineChange]:
        query = self.scoped(LineChange).where(col(LineChange.change_set_id) == change_set_id)
        return list(self.session.scalars(query.order_by(col(LineChange.id))))

    def shown(self, change_set_id: int) -> Sequence[tuple[LineChange, Line, str, str]]:
        """(change, line, client's name, agreement's name) in the order of sending."""
        query = (
            select(LineChange, Line, Client.name, Agreement.name)
            .join(Line, col(Line.id) == LineChange.line_id)
            .join(Client, col(Client.id) == Line.client_id)
            .join(Agreement, col(Agreement.id) == Line.agreement_id)
            .where(LineChange.workspace_id == self.workspace_id, LineChange.change_set_id == change_set_id)
            .order_by(col(LineChange.id))
        )
        return [(row[0], row[1], row[2], row[3]) for row in self.session.execute(query)]

    def name_of(self, user_id: int | None) -> str:
        """What a person is called who is named by a row of this workspace; "" for nobody."""
        return self.session.scalar(select(User.name).where(User.id == user_id)) or ""

    def ids_in(self, connection_id: int, states: Collection[ChangeState]) -> list[int]:
        """Changes in these states of a connection's sets that RCX sends, in the order of approval."""
        query = (
            select(LineChange.id)
            .join(ChangeSet, col(ChangeSet.id) == LineChange.change_set_id)
            .where(
                LineChange.workspace_id == self.workspace_id,
                ChangeSet.connection_id == connection_id,
                col(ChangeSet.is_handoff).is_(False),
                col(ChangeSet.state) != SetState.CANCELLED,
                col(LineChange.state).in_(states),
            )
            .order_by(col(ChangeSet.approved_at), col(ChangeSet.id), col(LineChange.id))
        )
        return list(self.session.scalars(query))

    def change(self, change_id: int, *, lock: bool = False) -> LineChange:
        found = self.get(LineChange, change_id, lock=lock)
        if lock:
            self.session.refresh(found)
        return found

    def open_lines(self, line_ids: Collection[int]) -> set[int]:
        """Which of the lines have a change that is not ended."""
        query = select(LineChange.line_id).where(
            LineChange.workspace_id == self.workspace_id,
            col(LineChange.line_id).in_(line_ids),
            col(LineChange.state).in_(OPEN_CHANGES),
        )
        return set(self.session.scalars(query))

    def add_changes(self, rows: Sequence[LineChange]) -> bool:
        """False where a line got an open change meanwhile (by another transaction)."""
        try:
            with self.session.begin_nested():
                self.session.add_all(rows)
                self.session.flush()
        except IntegrityError:
            return False
        return True

    def of_findings(self, finding_ids: Collection[int]) -> Sequence[LineChange]:
        """Changes made for these findings that have taken, or may take, effect."""
        query = self.scoped(LineChange).where(
            col(LineChange.finding_id).in_(finding_ids),
            col(LineChange.state).in_(COUNTED),
        )
        return list(self.session.scalars(query))

    def lines_to_try(self, connection_id: int, size: int) -> list[tuple[Line, str]]:
        """Lines that a person could set, with the PSA's ids of their agreements; the oldest first."""
        query = (
            select(Line, Agreement.external_id)
            .join(Agreement, col(Agreement.id) == Line.agreement_id)
            .where(
                Line.workspace_id == self.workspace_id,
                Line.connection_id == connection_id,
                col(Line.removed_at).is_(None),
                col(Line.cancelled_date).is_(None),
                col(Line.is_calculated_by_psa).is_(False),
            )
            .order_by(col(Line.id))
            .limit(size)
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def waiting_outside(self, connection_id: int) -> Sequence[tuple[LineChange, Line]]:
        """Changes of a connection that RCX has not sent and whose quantity their lines, as read since, show."""
        states = (ChangeState.WANTED, ChangeState.PLANNED)
        query = (
            select(LineChange, Line)
            .join(Line, col(Line.id) == LineChange.line_id)
            .join(ChangeSet, col(ChangeSet.id) == LineChange.change_set_id)
            .where(
                LineChange.workspace_id == self.workspace_id,
                ChangeSet.connection_id == connection_id,
                col(ChangeSet.state) != SetState.SENDING,
                col(LineChange.state).in_(states),
                col(Line.removed_at).is_(None),
                col(Line.quantity) == col(LineChange.quantity),
                col(Line.changed_at) > col(LineChange.created_at),
            )
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    # --- the journal

    def open_intent(self, change_id: int) -> WriteIntent | None:
        query = self.scoped(WriteIntent).where(
            col(WriteIntent.line_change_id) == change_id,
            col(WriteIntent.state).in_((IntentState.OPEN, IntentState.UNCLEAR)),
        )
        found: WriteIntent | None = self.session.scalars(query.order_by(col(WriteIntent.id).desc())).first()
        return found

    def next_number(self, change_id: int, step: int) -> int:
        query = select(func.count(col(WriteIntent.id))).where(
            WriteIntent.workspace_id == self.workspace_id,
            WriteIntent.line_change_id == change_id,
            WriteIntent.step == step,
        )
        return int(self.session.execute(query).scalar_one()) + 1

    def is_ours(self, job_id: int, attempt: int) -> bool:
        """Whether that attempt still holds the job. Locks its row to the end of the transaction."""
        query = select(JobRun.attempts, JobRun.state).where(
            JobRun.workspace_id == self.workspace_id, JobRun.id == job_id
        )
        row = self.session.execute(query.with_for_update()).one_or_none()
        return row is not None and (row[0], row[1]) == (attempt, JobState.RUNNING)

    # --- what is prepared

    def lines(self, line_ids: Sequence[int]) -> list[tuple[Line, Agreement]]:
        """Raises NotFound where any is not ours."""
        self.get_many(Line, line_ids)
        query = (
            select(Line, Agreement)
            .join(Agreement, col(Agreement.id) == Line.agreement_id)
            .where(Line.workspace_id == self.workspace_id, col(Line.id).in_(line_ids))
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def findings(self, finding_ids: Sequence[int]) -> dict[int, Finding]:
        """Raises NotFound where any is not ours."""
        return {each.id: each for each in self.get_many(Finding, finding_ids)}

    def commitments(self, line: Line, sku_keys: Collection[str], after: date) -> Sequence[Any]:
        """(name, quantity, end) of the client's subscriptions of that service that are committed beyond a day."""
        query = (
            select(col(Subscription.sku_name), col(Subscription.quantity), col(Subscription.commitment_ends_on))
            .join(AccountMapping, col(AccountMapping.account_id) == Subscription.account_id)
            .where(
                Subscription.workspace_id == self.workspace_id,
                AccountMapping.client_id == line.client_id,
                AccountMapping.state == "mapped",
                col(Subscription.removed_at).is_(None),
                col(Subscription.commitment_ends_on) > after,
                or_(
                    col(Subscription.sku_key).in_(sku_keys),
                    func.lower(col(Subscription.sku_name)).in_([line.product_name.lower(), line.product_code.lower()]),
                ),
            )
        )
        return list(self.session.execute(query))
