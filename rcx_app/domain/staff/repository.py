"""SQL over all workspaces, for agents. Built only from a context that is staff's; run it in `transaction(None)`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, SQLModel, col, select

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.models import (
    Booking,
    Client,
    Connection,
    Intake,
    Membership,
    StaffNote,
    SupportAccess,
    User,
    Workspace,
)
from rcx_app.models.base import sql_table


class StaffRepository:
    """Workspaces and their people, over all of them. Raises NotPermitted for who is no agent."""

    def __init__(self, session: Session, context: Context) -> None:
        context.require(Permission.AGENT)
        self.session = session

    def add(self, row: SQLModel) -> None:
        self.session.add(row)
        self.session.flush()

    def workspace(self, workspace_id: int) -> Workspace:
        found = self.session.get(Workspace, workspace_id)
        if found is None:
            raise NotFound("The workspace")
        return found

    def at_stage(self, stage: str, limit: int) -> tuple[int, Sequence[Workspace]]:
        """(how many, those that wait longest)."""
        here = (Workspace.stage == stage, col(Workspace.is_house).is_(False))
        count = self.session.scalar(select(func.count()).select_from(Workspace).where(*here)) or 0
        since = func.coalesce(Workspace.stage_since, Workspace.created_at)
        order = (since.desc(), col(Workspace.id)) if stage == "active" else (since, col(Workspace.id))
        return count, self.session.scalars(select(Workspace).where(*here).order_by(*order).limit(limit)).all()

    def found(self, text: str, stage: str, before: int | None, limit: int) -> Sequence[Workspace]:
        """Newest first, those whose name or whose people's addresses hold `text`."""
        query = select(Workspace).where(col(Workspace.is_house).is_(False)).order_by(col(Workspace.id).desc())
        if text:
            like = f"%{_plain(fold(text))}%"
            mails = (
                select(Membership.workspace_id)
                .join(User, col(User.id) == Membership.user_id)
                .where(col(User.email_key).like(like, escape="\\"))
            )
            named = func.lower(Workspace.name).like(like, escape="\\")
            query = query.where(or_(named, col(Workspace.id).in_(mails)))
        if stage:
            query = query.where(Workspace.stage == stage)
        if before is not None:
            query = query.where(col(Workspace.id) < before)
        return self.session.scalars(query.limit(limit)).all()

    def counts(self, table: type[Any], ids: Sequence[int]) -> dict[int, int]:
        """Rows of `table` by workspace."""
        query = select(table.workspace_id, func.count()).where(table.workspace_id.in_(ids))
        if table is Client:
            query = query.where(table.removed_at.is_(None))
        return dict(self.session.execute(query.group_by(table.workspace_id)).all())

    def sizes(self, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        """People, connections and clients, by workspace."""
        return self.counts(Membership, ids), self.counts(Connection, ids), self.counts(Client, ids)

    def owners(self, ids: Sequence[int]) -> dict[int, str]:
        """The first owner's name, by workspace."""
        query = (
            select(Membership.workspace_id, User.name)
            .join(User, col(User.id) == Membership.user_id)
            .where(col(Membership.workspace_id).in_(ids), Membership.role == "owner")
            .order_by(col(Membership.id).desc())
        )
        return dict(self.session.execute(query).all())

    def psas(self, ids: Sequence[int]) -> dict[int, str]:
        """What each answered to which PSA it bills from, by its newest answers."""
        query = (
            select(Intake.workspace_id, Intake.answers)
            .where(col(Intake.workspace_id).in_(ids))
            .order_by(col(Intake.number))
        )
        return {number: str(answers.get("psa", "")) for number, answers in self.session.execute(query)}

    def meetings(self, ids: Sequence[int], *, since: datetime | None = None) -> Sequence[tuple[Booking, str, str]]:
        """(booking, agent, person) newest first; with `since` only what is booked from then on, soonest first."""
        agent, person = _people()
        query = (
            select(Booking, agent.c.name, person.c.name)
            .join(agent, agent.c.id == Booking.agent_id)
            .join(person, person.c.id == Booking.user_id)
            .where(col(Booking.workspace_id).in_(ids))
        )
        if since is None:
            query = query.order_by(col(Booking.starts_at).desc())
        else:
            query = query.where(Booking.state == "booked", Booking.starts_at >= since).order_by(col(Booking.starts_at))
        return [(row[0], row[1], row[2]) for row in self.session.execute(query)]

    def members(self, workspace_id: int) -> Sequence[tuple[User, str]]:
        query = (
            select(User, Membership.role)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(Membership.workspace_id == workspace_id)
            .order_by(col(Membership.id))
        )
        return self.session.exec(query).all()

    def notes(self, workspace_id: int) -> Sequence[tuple[StaffNote, str]]:
        query = (
            select(StaffNote, User.name)
            .join(User, col(User.id) == StaffNote.user_id)
            .where(StaffNote.workspace_id == workspace_id)
            .order_by(col(StaffNote.id).desc())
        )
        return self.session.exec(query).all()

    def with_access(self, ids: Sequence[int], now: datetime) -> set[int]:
        query = select(SupportAccess.workspace_id).where(
            col(SupportAccess.workspace_id).in_(ids), col(SupportAccess.ended_at).is_(None), SupportAccess.until > now
        )
        return set(self.session.scalars(query))


def _people() -> tuple[Any, Any]:
    table = sql_table(User)
    return table.alias("agent"), table.alias("person")


def _plain(text: str) -> str:
    """`text` for LIKE, where nothing stands for anything else."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
