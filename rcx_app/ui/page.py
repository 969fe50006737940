"""A page of the app, as its feature declares it and `rcx_app.rcx_app` adds it, and who gets to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui import addresses, places
from rcx_app.ui.banners import BannersState
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import current_identity
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.notifications.bell import BellState
from rcx_app.ui.shell import ShellState

# Stages whose pages are not those of every day.
_COMING_IN = (Stage.QUESTIONNAIRE, Stage.BOOKING, Stage.SETUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`route` as Reflex writes it (``/clients/[client_id]``), `on_load` handlers run before the shell's own.

    `title` is a var where it names what is shown. `needs`: what opening the page takes; whom role or stage don't allow
    it is sent to his next step, and none of its handlers is run.
    """

    route: str
    title: str | rx.Var[str]
    build: Callable[[], rx.Component]
    on_load: tuple[Any, ...] = ()
    needs: Permission = Permission.READ

    def __post_init__(self) -> None:
        places.note(self.route)

    def add_to(self, app: rx.App) -> None:
        _pages[self.route] = self
        opening = [AppState.enter, OpeningState.go(self.route)]
        app.add_page(self.build, route=self.route, title=self.title + " - RCX", on_load=opening)


_pages: dict[str, Page] = {}


class OpeningState(AppState):
    """Runs what a page loads with, for those who may open it."""

    @rx.event
    @requires(Permission.SELF)
    async def go(self, route: str) -> list[Any] | None:
        """The page's own and the shell's handlers, or the way to the person's next step."""
        page, identity = _pages.get(route), await current_identity()
        if page is None:
            return None
        context = identity.context
        if not context.allows(page.needs):
            step = next_step(identity)
            told = [notify("That page is not open to you", tone="under")] if step == addresses.OVERVIEW else []
            return [rx.redirect(step), *told]
        reads = context.allows(Permission.READ)
        watch, shell = ([ShellState.watch], [ShellState.load, BellState.load]) if reads else ([], [])
        desk = [ShellState.load_desk] if context.allows(Permission.AGENT) else []
        # The page's own rows before what is counted around it: they are what the person came for.
        return [BannersState.load, *watch, *page.on_load, ShellState.load_workspaces, *shell, *desk]


def next_step(identity: Identity) -> str:
    """Where a person goes on whom a page is closed to."""
    if identity.is_house:
        return addresses.STAFF
    return addresses.ONBOARDING if identity.stage in _COMING_IN else addresses.OVERVIEW
