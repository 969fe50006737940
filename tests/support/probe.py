"""RCX with one more state, whose handlers do what a guard has to stop or to let through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.rcx_app import app
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import requires

__all__ = ["ProbeState", "app"]
MARK = "probe answered"


def _note(session: Any, context: Context) -> None:
    audit.record(session, context, "probe:called")


class ProbeState(AppState):
    """Each handler leaves a trace if it runs."""

    answer: str = ""
    ticks: int = 0
    settable: str = ""

    @rx.event
    async def untagged(self) -> None:
        await write(_note)
        self.answer = MARK

    async def undecorated(self) -> None:
        await write(_note)
        self.answer = MARK

    @rx.event
    def set_settable(self, value: str) -> None:
        self.settable = value

    @rx.event
    @requires(Permission.PEOPLE)
    async def hire(self) -> None:
        await write(_note)
        self.answer = MARK

    @rx.event
    @requires(Permission.OWN)
    async def own(self, number: int) -> AsyncIterator[None]:
        await write(_note)
        self.answer = f"{MARK} {number}"
        yield

    @rx.event
    @requires(Permission.READ)
    async def count(self, number: int) -> None:
        self.answer = f"counted {number}"

    @rx.event
    @requires(Permission.READ)
    async def chain(self) -> Any:
        """A handler that the server starts itself is asked for its permission all the same."""
        return [ProbeState.hire, ProbeState.untagged]

    @rx.event(background=True)
    @requires(Permission.READ)
    async def poll(self) -> None:
        """Ticks until the session ends."""
        while True:
            await current_identity()
            async with self:
                self.ticks += 1
            await asyncio.sleep(0.1)

    @rx.event(background=True)
    @requires(Permission.PEOPLE)
    async def hire_later(self) -> None:
        await write(_note)

    @rx.event
    @requires(Permission.READ)
    async def miss(self) -> None:
        await read(_not_there)

    @rx.event
    @requires(Permission.READ)
    async def half(self) -> None:
        self.answer = "half done"
        await read(_not_there)

    @rx.event
    @requires(Permission.READ)
    async def crash(self) -> None:
        raise RuntimeError("secret detail")


def _not_there(session: Any, context: Context) -> None:
    raise NotFound("The invoice", remedy="Look again.")
