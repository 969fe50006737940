"""One browser tab at the integrations page without a browser: states, and handlers run as the server runs them."""

from __future__ import annotations

import asyncio
from typing import Any

from reflex.istate.data import ReflexURL, RouterData
from reflex.state import State

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import set_caller


class Background:
    """What a background handler gets in place of its state: it may change it only inside `async with`."""

    def __init__(self, state: Any) -> None:
        self.__dict__.update(_state=state, _is_held=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        assert self._is_held, f"{name} is changed outside the state's lock"
        setattr(self._state, name, value)

    async def __aenter__(self) -> Background:
        self.__dict__["_is_held"] = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.__dict__["_is_held"] = False


class Tab:
    """A signed-in person's tab."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._root = State(_reflex_internal_init=True)  # type: ignore[call-arg]
        self.state(AppState).role = context.role.value

    def state(self, kind: type[Any], address: str = "/integrations") -> Any:
        """The state of a kind, with the tab at an address."""
        self._root.router = RouterData(url=ReflexURL(f"http://localhost{address}"))
        return self._root.get_substate(kind.get_full_name().split("."))

    def call(self, state: Any, handler: str, /, **payload: Any) -> Any:
        """Run a handler to its end; what it returned, or all that it yielded."""

        async def run() -> Any:
            set_caller(_identity(self._context), Permission.SELF)
            registered = type(state).event_handlers[handler]
            found = registered.fn(Background(state) if registered.is_background else state, **payload)
            if hasattr(found, "__aiter__"):
                return [each async for each in found]
            return await found

        return asyncio.run(run())

    def opened(self, kind: type[Any], address: str) -> Any:
        """The state after the page has opened at an address."""
        state = self.state(kind, address)
        self.call(state, "load")
        return state


def _identity(context: Context) -> Identity:
    assert context.user_id is not None
    return Identity(
        session_id=1,
        session_key="key",
        user_id=context.user_id,
        user_name=context.user_name,
        email="a@msp.example",
        workspace_id=context.workspace_id,
        workspace_name="Northbeam IT",
        role=context.role,
        rotation_due=False,
        stage=context.stage,
        staff=context.staff,
    )
