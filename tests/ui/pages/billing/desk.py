"""A person at a page: opens an address and runs handlers to their end, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from reflex.event import EventSpec
from reflex.istate.data import RouterData
from reflex.state import State

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui.caller import set_caller


class Desk:
    """`told` is what the browser was asked to do by the last handler: scripts, further events."""

    def __init__(self, context: Context, state: type[Any]) -> None:
        self.context = context
        self.root = State(_reflex_internal_init=True)  # type: ignore[call-arg]
        self.state: Any = self.of(state)
        self.told: list[EventSpec] = []

    def of(self, state: type[Any]) -> Any:
        """Another state of the same tab."""
        return self.root.get_substate(state.get_full_name().split(".")[1:])

    def open(self, path: str, query: str = "") -> Desk:
        return self.at(path, query).run(self.state.load)

    def at(self, path: str, query: str = "") -> Desk:
        """The browser stands at an address; nothing is loaded yet."""
        headers = {"origin": "http://localhost:3000"}
        self.root.router = RouterData.from_router_data(
            {"pathname": path, "asPath": f"{path}{query}", "headers": headers}
        )
        return self

    def run(self, handler: Callable[..., Any], *args: Any) -> Desk:
        self.told = []
        asyncio.run(self._run(handler, args))
        return self

    @property
    def scripts(self) -> str:
        """The scripts that the browser was asked to run."""
        return " ".join(str(each.args) for each in self.told if isinstance(each, EventSpec))

    async def _run(self, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        set_caller(_identity(self.context), Permission.READ)
        found = handler(*args)
        if hasattr(found, "__aiter__"):
            self.told += [step async for step in found if step is not None]
        elif (step := await found) is not None:
            self.told.append(step)


def _identity(context: Context) -> Identity:
    return Identity(
        session_id=1,
        session_key="k",
        user_id=context.user_id or 0,
        user_name="Dana Whitfield",
        email="dana@msp.example",
        workspace_id=context.workspace_id,
        workspace_name="Northbeam IT",
        role=context.role,
        rotation_due=False,
        stage=context.stage,
        staff=context.staff,
    )
