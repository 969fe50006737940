"""Queries over saved views and chosen columns: a person's own, and what others of the workspace share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_
from sqlmodel import col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.models import ColumnChoice, SavedView, User


class ViewRepository(Repository):
    """Views and columns of one workspace, for one person."""

    noun = "This view"

    def views(self, user_id: int) -> list[Any]:
        """(view, its owner's name) that the person may use: own ones first, then by name."""
        own = col(SavedView.user_id) == user_id
        query = (
            select(SavedView, User.name)
            .join(User, col(User.id) == col(SavedView.user_id))
            .where(col(SavedView.workspace_id) == self.workspace_id, or_(own, col(SavedView.is_shared).is_(True)))
        )
        return list(self.session.execute(query.order_by(own.desc(), col(SavedView.name), col(SavedView.id))))

    def own(self, user_id: int, view_id: int) -> SavedView:
        """The person's own view, locked; NotFound also for one that somebody else shares."""
        row = self.get(SavedView, view_id, lock=True)
        if row.user_id != user_id:
            raise NotFound(self.noun)
        return row

    def named(self, user_id: int, page: str, name: str) -> SavedView | None:
        query = self.scoped(SavedView).where(
            col(SavedView.user_id) == user_id, col(SavedView.page) == page, col(SavedView.name) == name
        )
        found: SavedView | None = self.session.scalars(query).one_or_none()
        return found

    def delete(self, row: SavedView) -> None:
        self.session.delete(row)
        self.session.flush()

    def choices(self, user_id: int) -> list[ColumnChoice]:
        return list(self.session.scalars(self.scoped(ColumnChoice).where(col(ColumnChoice.user_id) == user_id)))

    def choice(self, user_id: int, page: str) -> ColumnChoice | None:
        query = self.scoped(ColumnChoice).where(col(ColumnChoice.user_id) == user_id, col(ColumnChoice.page) == page)
        found: ColumnChoice | None = self.session.scalars(query).one_or_none()
        return found
