"""One approved line written by one click, where the workspace allows it: a button for wherever a finding is."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.writeback import access, ready
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.changes.rows import name_of
from rcx_app.ui.shell import ShellState


def _allowed(session: Any, context: Context) -> bool:
    return context.allows(Permission.APPROVE) and access.policy(session, context).one_click


class OneClickState(AppState):
    """Whether this person may write a single line at once. `look` belongs to the page's `on_load`."""

    is_allowed: bool = False

    @rx.event
    @requires(Permission.READ)
    async def look(self) -> None:
        self.is_allowed = await read(_allowed)

    @rx.event
    @requires(Permission.APPROVE)
    async def write(self, finding_id: int) -> list[Any]:
        """Prepare, approve and send the finding's line."""
        made = await write(ready.write_at_once, finding_id)
        said = notify(
            f"Being written as {name_of(made)}",
            detail="It is read back and recorded like any other change.",
            action="Open",
            on_action=rx.redirect(addresses.change_set(made)),
        )
        return [said, ShellState.watch]


def write_now(finding_id: Any, quantity: Any, system: Any, *, size: Any = "tight") -> rx.Component:
    """The button, named by its effect; nothing where it is not allowed. Give the finding's id and its new quantity."""
    return rx.cond(
        OneClickState.is_allowed,
        button("Write ", quantity, " to ", system, icon="upload", size=size, on_click=OneClickState.write(finding_id)),
        rx.fragment(),
    )
