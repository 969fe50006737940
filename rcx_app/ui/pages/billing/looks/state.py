"""State of the columns and saved views of all lists: a person's own, so read once a page and changed here alone."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.views import currencies
from rcx_app.domain.views import service as views
from rcx_app.domain.views.schemas import LISTS, Looks, own_columns
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing.looks import rows
from rcx_app.ui.pages.billing.looks.rows import ViewLine

ListName = Literal["queue", "clients", "services", "flagged"]


def _looks(session: Any, context: Context) -> tuple[Looks, str]:
    return views.looks(session, context), currencies.rates(session, context).quote


class LooksState(AppState):
    """By list: which columns are shown, the classes that leave the others out, and the views.

    `editing` names the list whose views are open in the dialog; `query` is what it shows, to be saved.
    """

    # Until they are read a list has its own columns, so that none of them vanishes as it is filled.
    shown: dict[str, dict[str, bool]] = {
        page: {name: name in own_columns(page) for name in known} for page, known in LISTS.items()
    }
    hides: dict[str, str] = {page: rows.hides(page, own_columns(page), converts=False) for page in LISTS}
    lists: dict[str, list[ViewLine]] = {page: [] for page in LISTS}
    own: list[ViewLine] = []
    quote: str = ""
    editing: str = ""
    wrong: str = ""
    _query: dict[str, str] = {}

    @rx.event
    @requires(Permission.READ)
    async def look(self) -> None:
        """Columns and views of all lists. On load of every list: a dialog left open on another page is none here."""
        self.editing = self.wrong = ""
        await self._look()

    @rx.event
    @requires(Permission.SELF)
    async def toggle(self, page: ListName, column: str) -> None:
        """Show a column, or leave it out."""
        wanted = {**self.shown[page]}
        wanted[column] = not wanted.get(column, False)
        await write(views.choose_columns, page, rows.columns_of(wanted))
        self.shown[page] = wanted
        self.hides[page] = rows.hides(page, tuple(rows.columns_of(wanted)), converts=bool(self.quote))

    @rx.event
    @requires(Permission.SELF)
    async def own_columns(self, page: ListName) -> None:
        """The list's own columns."""
        await write(views.own_choice, page)
        await self._look()

    @rx.event
    @requires(Permission.READ)
    async def edit(self, page: ListName, query: dict[str, str]) -> None:
        """Open the dialog: `query` is what the list shows now."""
        self.editing, self.wrong, self._query = page, "", query
        await self._look()

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        self.editing = self.wrong = ""

    @rx.event
    @requires(Permission.SELF)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep what the list shows under the name of the form."""
        try:
            name, is_shared = str(form.get("name", "")), bool(form.get("shared"))
            await write(views.save_view, self.editing, name, self._query, is_shared=is_shared)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}"
            return None
        self.editing = self.wrong = ""
        await self._look()
        return rx.toast.success(f"Saved as {' '.join(name.split())!r}.")

    @rx.event
    @requires(Permission.SELF)
    async def rename(self, view_id: int, name: str) -> None:
        """Another name for an own view, once its field is left."""
        line = next((each for each in self.own if each.id == view_id), None)
        if line is not None and name.strip() != line.name:
            await self._change(view_id, name, line.is_shared)

    @rx.event
    @requires(Permission.SELF)
    async def share(self, view_id: int, is_shared: bool) -> None:
        """Let the whole workspace use an own view, or take it back."""
        line = next((each for each in self.own if each.id == view_id), None)
        if line is not None:
            await self._change(view_id, line.name, is_shared)

    @rx.event
    @requires(Permission.SELF)
    async def delete(self, view_id: int) -> None:
        await write(views.delete_view, view_id)
        self.wrong = ""
        await self._look()

    async def _change(self, view_id: int, name: str, is_shared: bool) -> None:
        try:
            await write(views.change_view, view_id, name, is_shared=is_shared)
            self.wrong = ""
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}"
        await self._look()

    async def _look(self) -> None:
        found, self.quote = await read(_looks)
        self.shown = {page: rows.shown(page, columns) for page, columns in found.columns.items()}
        converts = bool(self.quote)
        self.hides = {page: rows.hides(page, columns, converts=converts) for page, columns in found.columns.items()}
        lines: dict[str, list[ViewLine]] = {page: [] for page in LISTS}
        for each in found.views:
            if each.page in lines:
                lines[each.page].append(rows.view_line(each))
        self.lists = lines
        self.own = [line for line in lines.get(self.editing, []) if line.is_own]
