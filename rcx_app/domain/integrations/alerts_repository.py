"""SQL of health, its history and the mails about it; and, for the watch, which workspaces there are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission, Role, may
from rcx_app.core.repository import Repository
from rcx_app.domain.sync import freshness
from rcx_app.models import Connection, CountFall, HealthChange, Membership, User, Workspace

_CONNECT = sorted(role.value for role in Role if may(role, Permission.CONNECT))


class HealthRepository(Repository):
    noun = "This connection"

    def connections(self) -> list[Connection]:
        return list(self.session.scalars(self.scoped(Connection).order_by(col(Connection.label_key))))

    def locked(self, connection_id: int) -> Connection | None:
        """The connection as it is now, locked; None where it is gone, or somebody changes it, who notes it himself."""
        query = self.scoped(Connection).where(col(Connection.id) == connection_id).with_for_update(skip_locked=True)
        found: Connection | None = self.session.scalars(
            query.execution_options(populate_existing=True)
        ).one_or_none()  # fmt: skip
        return found

    def synced_for(self) -> timedelta:
        """How long what is read stays fresh by the workspace's schedule."""
        return freshness.synced_for(self.session, self.context)

    def held(self) -> dict[int, int]:
        """Connection id -> counts of it that are held back."""
        query = (
            select(CountFall.connection_id, func.count())
            .where(col(CountFall.workspace_id) == self.workspace_id, col(CountFall.state) == "held")
            .group_by(col(CountFall.connection_id))
        )
        return {connection_id: number for connection_id, number in self.session.execute(query)}  # noqa: C416

    def held_of(self, connection_id: int) -> int:
        query = select(func.count()).where(
            col(CountFall.workspace_id) == self.workspace_id,
            col(CountFall.connection_id) == connection_id,
            col(CountFall.state) == "held",
        )
        return int(self.session.scalars(query).one())

    # --- history

    def latest(self) -> dict[int, HealthChange]:
        """The last change of each connection, by connection."""
        newest = (
            select(func.max(HealthChange.id))
            .where(col(HealthChange.workspace_id) == self.workspace_id)
            .group_by(col(HealthChange.connection_id))
        )
        query = self.scoped(HealthChange).where(col(HealthChange.id).in_(newest))
        return {row.connection_id: row for row in self.session.scalars(query)}

    def latest_of(self, connection_id: int) -> HealthChange | None:
        """The last change of a connection, locked, so that nobody notes meanwhile that it was told."""
        query = self.scoped(HealthChange).where(col(HealthChange.connection_id) == connection_id)
        query = query.order_by(col(HealthChange.id).desc()).limit(1).with_for_update()
        found: HealthChange | None = self.session.scalars(
            query.execution_options(populate_existing=True)
        ).one_or_none()  # fmt: skip
        return found

    def latest_locked(self) -> dict[int, HealthChange]:
        """The last change of each connection, locked: a change that is under way is waited for."""
        while True:
            ids = sorted(row.id for row in self.latest().values())
            query = self.scoped(HealthChange).where(col(HealthChange.id).in_(ids)).order_by(col(HealthChange.id))
            query = query.with_for_update().execution_options(populate_existing=True)
            rows = {row.connection_id: row for row in self.session.scalars(query)}
            if sorted(row.id for row in self.latest().values()) == ids:
                return rows

    def changes(self, connection_id: int | None, cursor: str) -> Page[HealthChange]:
        """Changes, newest first."""
        query = self.scoped(HealthChange).order_by(col(HealthChange.id).desc()).limit(PAGE_SIZE + 1)
        if connection_id is not None:
            query = query.where(col(HealthChange.connection_id) == connection_id)
        if cursor:
            query = query.where(after([(HealthChange.id, True)], decode_cursor(cursor, length=1)))
        found = list(self.session.scalars(query))
        more = encode_cursor([found[PAGE_SIZE - 1].id]) if len(found) > PAGE_SIZE else ""
        return Page(tuple(found[:PAGE_SIZE]), more)

    def changes_of(self, ids: Collection[int]) -> list[tuple[HealthChange, str]]:
        """These changes with their connections' labels, by label."""
        query = (
            select(HealthChange, Connection.label)
            .join(Connection, col(Connection.id) == col(HealthChange.connection_id))
            .where(col(HealthChange.workspace_id) == self.workspace_id, col(HealthChange.id).in_(sorted(ids)))
            .order_by(col(Connection.label_key))
        )
        return [(change, label) for change, label in self.session.execute(query)]

    # --- mails

    def told_last(self) -> datetime | None:
        """When the last digest was made."""
        query = select(func.max(HealthChange.announced_at)).where(
            col(HealthChange.workspace_id) == self.workspace_id
        )  # fmt: skip
        return self.session.scalars(query).one()

    def workspace(self, *, lock: bool = False) -> Workspace:
        """The workspace; locked, digests of it are made one after the other, and rows of it may still be added."""
        query = select(Workspace).where(col(Workspace.id) == self.workspace_id)
        if lock:
            query = query.with_for_update(key_share=True)
        return self.session.scalars(query).one()

    def readers(self, *, verified_only: bool, user_id: int | None = None) -> list[User]:
        """People who may change connections (or the one of them), by id."""
        query = (
            select(User)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .where(col(Membership.workspace_id) == self.workspace_id, col(Membership.role).in_(_CONNECT))
        )
        if verified_only:
            query = query.where(col(User.email_verified_at).is_not(None))
        if user_id is not None:
            query = query.where(col(User.id) == user_id)
        return list(self.session.scalars(query.order_by(col(User.id))))


class AllConnections:
    """Of all workspaces, for the watch; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def workspaces(self) -> list[int]:
        """The workspaces that have connections."""
        return sorted(self.session.scalars(select(Connection.workspace_id).distinct()))
