"""State of the reply templates at /staff/templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import templates
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.ui import words
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires

NEW = -1


@dataclass
class TemplateRow:
    """A template in the list."""

    id: int
    name: str
    text: str
    version: int
    changed: str


class TemplatesState(AppState):
    """`open_id`: the template that is being changed, `NEW` for a new one, 0 for none."""

    rows: list[TemplateRow] = []
    open_id: int = 0
    name: str = ""
    text: str = ""
    version: int = 0
    wrong_name: str = ""
    wrong_text: str = ""
    is_loaded: bool = False

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        """All templates."""
        self.rows = [
            TemplateRow(
                each.id,
                each.name,
                each.text,
                each.version,
                f"{each.changed_by}, {words.day(each.changed_at.date())}".removeprefix(", "),
            )
            for each in await read_across(templates.listing)
        ]
        self.open_id, self.is_loaded = 0, True

    @rx.event
    @requires(Permission.AGENT)
    async def open(self, template_id: int) -> None:
        """Change a template, or begin a new one."""
        found = next((each for each in self.rows if each.id == template_id), None)
        self.open_id = found.id if found is not None else NEW
        self.name, self.text = (found.name, found.text) if found is not None else ("", "")
        self.version = found.version if found is not None else 0
        self.wrong_name = self.wrong_text = ""

    @rx.event
    @requires(Permission.AGENT)
    async def close(self) -> None:
        """Leave it as it is."""
        self.open_id = 0

    @rx.event
    @requires(Permission.AGENT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep it."""
        self.wrong_name = self.wrong_text = ""
        name, text = str(form.get("name", "")), str(form.get("text", ""))
        chosen = self.open_id if self.open_id > 0 else None
        try:
            await write_across(templates.save, name=name, text=text, template_id=chosen, version=self.version)
        except FieldInvalid as error:
            said = str(error)
            self.wrong_name, self.wrong_text = (said, "") if error.field == "name" else ("", said)
            return None
        except RcxError as error:
            self.wrong_text = str(error)
            return None
        return [TemplatesState.load, notify("Kept. All agents have it.")]

    @rx.event
    @requires(Permission.AGENT)
    async def delete(self) -> Any:
        """Delete the open one, for all agents."""
        await write_across(templates.delete, self.open_id)
        return [TemplatesState.load, notify("Deleted.")]
