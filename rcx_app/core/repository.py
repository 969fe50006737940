"""The base of all repositories: SQL within one workspace, never across. The only classes that build queries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Select
from sqlmodel import Session, SQLModel, select

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound

Row = TypeVar("Row", bound=SQLModel)
Result = TypeVar("Result")


class Repository:
    """Queries of one workspace. Built from a session and a context; there is no other way."""

    noun: ClassVar[str] = "This item"

    def __init__(self, session: Session, context: Context) -> None:
        if not isinstance(context, Context):
            raise TypeError("a repository needs the context of a workspace")
        self.session = session
        self.context = context

    @property
    def workspace_id(self) -> int:
        return self.context.workspace_id

    def scoped(self, table: type[Row]) -> Select[Any]:
        """A select over this workspace's rows of `table`."""
        return select(table).where(table.workspace_id == self.workspace_id)  # type: ignore[attr-defined]

    def once(self, name: Hashable, read: Callable[[], Result]) -> Result:
        """`read()`; in a transaction that only reads, what it gave the first time: parts of a page ask for the same."""
        if not self.session.info.get("read_only"):
            return read()
        kept: dict[Any, Any] = self.session.info.setdefault("once", {})
        key = (self.workspace_id, name)
        if key not in kept:
            kept[key] = read()
        found: Result = kept[key]
        return found

    def get(self, table: type[Row], row_id: int, *, lock: bool = False) -> Row:
        """The row, or NotFound: also where it is another workspace's."""
        query = self.scoped(table).where(table.id == row_id)  # type: ignore[attr-defined]
        if lock:
            query = query.with_for_update()
        found: Row | None = self.session.scalars(query).one_or_none()
        if found is None:
            raise NotFound(self.noun)
        return found

    def get_many(self, table: type[Row], row_ids: Sequence[int]) -> list[Row]:
        """The rows with these ids, in no promised order; NotFound if any is missing or not ours."""
        found: list[Row] = []
        for start in range(0, len(row_ids), 500):
            chunk = row_ids[start : start + 500]
            found += self.session.scalars(self.scoped(table).where(table.id.in_(chunk)))  # type: ignore[attr-defined]
        if len(found) != len(set(row_ids)):
            raise NotFound(self.noun)
        return found

    def add(self, row: Row) -> Row:
        """Add a row of this workspace and give it its id."""
        if row.workspace_id != self.workspace_id:  # type: ignore[attr-defined]
            raise ValueError("a row of another workspace can't be added here")
        self.session.add(row)
        self.session.flush()
        return row
