"""State of the page "Security" of the settings: what the workspace asks of its people when they sign in."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity import own
from rcx_app.domain.identity.schemas import Identity
from rcx_app.domain.people import workspace
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import requires


class SecurityState(AppState):
    """`is_proven`: the person has proven himself a short while ago, so settings are open to him."""

    needs_two_factor: bool = False
    without: list[str] = []
    has_two_factor: bool = False
    is_proven: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> None:
        await self._load()

    @rx.event
    @requires(Permission.SECURE)
    async def ask_two_factor(self, wanted: bool) -> Any:
        """Ask two-factor sign-in of everybody, or no longer."""
        identity = await current_identity()
        try:
            await write(_ask, identity, wanted)
        except RcxError as error:
            await self._load()
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        await self._load()
        return rx.toast.success("Everybody needs two-factor sign-in now." if wanted else "It is up to everybody now.")

    async def _load(self) -> None:
        identity = await current_identity()
        try:
            policy = await read(workspace.policy)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.needs_two_factor, self.without = policy.needs_two_factor, list(policy.without)
        self.has_two_factor, self.is_proven = identity.has_two_factor, own.is_proven(identity)
        self.problem, self.remedy, self.is_loaded = "", "", True


def _ask(session: Any, context: Context, identity: Identity, wanted: bool) -> None:
    workspace.require_two_factor(session, context, identity, wanted)
