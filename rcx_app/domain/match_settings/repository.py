"""SQL of the match settings: the workspace's levels, the accounts that wait, changes, and what was mapped by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, case, exists, false, func, or_, type_coerce
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.models import (
    Account,
    AccountMapping,
    Client,
    Connection,
    JobRun,
    MappingCandidate,
    MappingEvent,
    ThresholdChange,
    User,
    Workspace,
)

_CHUNK = 500


class SettingsRepository(Repository):
    """The match settings of one workspace."""

    noun = "This integration"

    def workspace(self, *, lock: bool = False) -> Workspace:
        """The workspace itself; locked, changes of its settings wait for each other."""
        return self.session.get_one(Workspace, self.workspace_id, with_for_update=lock, populate_existing=lock)

    # --- what waits

    def waiting(self, auto: Collection[int]) -> list[tuple[int, int | None, int | None, bool]]:
        """(account, confidence, doubt, whether the model may map it by itself) of accounts that wait for a decision.

        Confidence and doubt in millionths. `auto`: connections that are mapped without a person; an account that a
        person has ever decided, or of which a decision was taken back, stays a person's.
        """
        touched = (
            exists()
            .where(
                col(MappingEvent.account_id) == col(AccountMapping.account_id),
                or_(col(MappingEvent.user_id).is_not(None), col(MappingEvent.undone_at).is_not(None)),
            )
            .correlate(AccountMapping)
        )
        may = case((and_(col(Account.connection_id).in_(auto), ~touched), True), else_=False) if auto else false()
        query = (
            select(
                AccountMapping.account_id,
                type_coerce(AccountMapping.confidence, BigInteger),
                type_coerce(AccountMapping.doubt, BigInteger),
                and_(may, col(AccountMapping.no_client) == ""),
            )
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(
                AccountMapping.workspace_id == self.workspace_id,
                col(Account.removed_at).is_(None),
                or_(
                    col(AccountMapping.state).in_(("unmapped", "suggested")),
                    and_(col(AccountMapping.state) == "snoozed", col(AccountMapping.snoozed_until) <= clock.now()),
                ),
            )
            .order_by(col(AccountMapping.account_id))
        )
        return [(row[0], row[1], row[2], bool(row[3])) for row in self.session.execute(query)]

    def described(self, account_ids: Sequence[int]) -> dict[int, tuple[str, str, str, Any]]:
        """By account: its name, its integration, its best candidate's name and confidence."""
        best = (
            select(Client.name)
            .join(MappingCandidate, col(MappingCandidate.client_id) == Client.id)
            .where(col(MappingCandidate.account_id) == col(AccountMapping.account_id))
            .order_by(col(MappingCandidate.rank))
            .limit(1)
            .correlate(AccountMapping)
            .scalar_subquery()
        )
        found: dict[int, tuple[str, str, str, Any]] = {}
        for start in range(0, len(account_ids), _CHUNK):
            query = (
                select(  # type: ignore[call-overload]
                    AccountMapping.account_id, Account.name, Connection.label, best, AccountMapping.confidence
                )
                .join(Account, col(Account.id) == AccountMapping.account_id)
                .join(Connection, col(Connection.id) == Account.connection_id)
                .where(
                    AccountMapping.workspace_id == self.workspace_id,
                    col(AccountMapping.account_id).in_(account_ids[start : start + _CHUNK]),
                )
            )
            for account_id, name, label, client, confidence in self.session.execute(query):
                found[account_id] = (name, label, client or "", confidence)
        return found

    # --- integrations

    def connections(self) -> list[Connection]:
        """Integrations that accounts come from, by name."""
        query = self.scoped(Connection).where(col(Connection.side) == "usage").order_by(col(Connection.label_key))
        return list(self.session.scalars(query))

    def connection(self, connection_id: int) -> Connection:
        """An integration that accounts come from. NotFound where it is not ours."""
        found = self.get(Connection, connection_id)
        if found.side != "usage":
            raise NotFound(self.noun)
        return found

    def auto_connections(self) -> set[int]:
        return {row.id for row in self.connections() if row.auto_confirm}

    def mapped_by_model(self) -> dict[int, int]:
        """How many accounts the model has mapped by itself, by connection."""
        query = (
            select(Account.connection_id, func.count(func.distinct(col(MappingEvent.account_id))))
            .join(MappingEvent, col(MappingEvent.account_id) == Account.id)
            .where(
                MappingEvent.workspace_id == self.workspace_id,
                col(MappingEvent.user_id).is_(None),
                col(MappingEvent.batch) != "",
                col(MappingEvent.after)["decided_how"].as_string() == "model",
                col(MappingEvent.after)["state"].as_string() == "mapped",
            )
            .group_by(col(Account.connection_id))
        )
        return dict(self.session.execute(query).all())

    def taken_back(self) -> dict[int, int]:
        """How many accounts people took away from the client that the model had given them, by connection."""
        query = (
            select(Account.connection_id, MappingEvent)
            .join(Account, col(Account.id) == MappingEvent.account_id)
            .where(
                col(MappingEvent.workspace_id) == self.workspace_id,
                col(MappingEvent.user_id).is_not(None),
                col(MappingEvent.undone_at).is_(None),
                col(MappingEvent.before)["decided_how"].as_string() == "model",
                col(MappingEvent.before)["state"].as_string() == "mapped",
            )
        )
        accounts: dict[int, set[int]] = {}
        for connection_id, event in self.session.execute(query):
            if event.after.get("client_id") != event.before.get("client_id"):
                accounts.setdefault(connection_id, set()).add(event.account_id)
        return {connection_id: len(found) for connection_id, found in accounts.items()}

    def last_run(self) -> datetime | None:
        """When the last matching run ended."""
        query = select(func.max(JobRun.finished_at)).where(
            JobRun.workspace_id == self.workspace_id, JobRun.kind == "mapping.match", JobRun.state == "done"
        )
        found: datetime | None = self.session.scalar(query)
        return found

    # --- changes

    def newest_change(self) -> int:
        """The id of the newest change; 0 where there is none."""
        query = select(func.max(ThresholdChange.id)).where(ThresholdChange.workspace_id == self.workspace_id)
        return self.session.scalar(query) or 0

    def change(self, change_id: int) -> ThresholdChange:
        return self.get(ThresholdChange, change_id)

    def changes(self, limit: int) -> list[tuple[ThresholdChange, str | None]]:
        """The newest changes with who made them, newest first."""
        query = (
            select(ThresholdChange, User.name)
            .join(User, col(User.id) == ThresholdChange.user_id, isouter=True)
            .where(col(ThresholdChange.workspace_id) == self.workspace_id)
            .order_by(col(ThresholdChange.id).desc())
            .limit(limit)
        )
        return [(row, name) for row, name in self.session.execute(query)]
