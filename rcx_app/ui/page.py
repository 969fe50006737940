"""A page of the app, as its feature declares it and `rcx_app.rcx_app` adds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.ui.base import AppState
from rcx_app.ui.shell import ShellState


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`route` as Reflex writes it (``/clients/[client_id]``), `on_load` handlers run after the shell's own.

    `title` is a var where it names what is shown.
    """

    route: str
    title: str | rx.Var[str]
    build: Callable[[], rx.Component]
    on_load: tuple[Any, ...] = ()

    def add_to(self, app: rx.App) -> None:
        first = [AppState.enter, ShellState.load, ShellState.watch]
        app.add_page(self.build, route=self.route, title=self.title + " - RCX", on_load=[*first, *self.on_load])
