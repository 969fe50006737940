"""What every page's state stands on: who is signed in, for display, and the one way to call a service.

Everything a handler needs of the person comes from the guard, never from a state var.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx
from reflex.event import EventSpec

from rcx_app.core import log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import GRANTS, Permission, Role, Staff, Stage
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import answer, requires

P = ParamSpec("P")
Result = TypeVar("Result")


class AppState(rx.State):
    """The parent of all states. Small display values only; filled when a page opens."""

    user_name: str = ""
    user_initials: str = ""
    user_email: str = ""
    workspace_name: str = ""
    role: str = ""
    stage: str = Stage.ACTIVE.value
    staff: str = ""
    is_guest: bool = False
    is_house: bool = False

    @rx.event
    @requires(Permission.SELF)
    async def enter(self) -> None:
        """Fill in who is signed in. The first on_load of every page."""
        identity = await current_identity()
        self.user_name = identity.user_name
        self.user_initials = identity.initials
        self.user_email = identity.email
        self.workspace_name = identity.workspace_name
        self.role = identity.role.value
        self.stage = identity.stage.value
        self.staff = identity.staff.value
        self.is_guest, self.is_house = identity.is_guest, identity.is_house

    def _may(self, permission: Permission) -> bool:
        if not self.role:
            return False
        shown = Context(
            workspace_id=0,
            user_id=None,
            role=Role(self.role),
            stage=Stage(self.stage),
            staff=Staff(self.staff),
            is_guest=self.is_guest,
        )
        return shown.allows(permission)

    @rx.var
    def opens(self) -> list[str]:
        """What role, stage and being staff allow; what a viewer may until that is known, so that nothing jumps."""
        return [each.value for each in Permission if (self._may(each) if self.role else each in GRANTS[Role.VIEWER])]

    @rx.var
    def may_import(self) -> bool:
        return self._may(Permission.IMPORT)

    @rx.var
    def may_map(self) -> bool:
        return self._may(Permission.MAP)

    @rx.var
    def may_rule(self) -> bool:
        return self._may(Permission.RULES)

    @rx.var
    def may_review(self) -> bool:
        return self._may(Permission.REVIEW)

    @rx.var
    def may_connect(self) -> bool:
        return self._may(Permission.CONNECT)

    @rx.var
    def may_settle(self) -> bool:
        return self._may(Permission.SETTINGS)

    @rx.var
    def may_secure(self) -> bool:
        return self._may(Permission.SECURE)


async def current_context() -> Context:
    """The workspace and person that this handler works for. Raises NotSignedIn when the session has ended."""
    return (await current_identity()).context


async def read(service: Callable[Concatenate[Any, Context, P], Result], /, *args: P.args, **kwargs: P.kwargs) -> Result:
    """``service(session, context, *args)`` in a read-only transaction, in a thread."""
    return await _run(service, args, kwargs, read_only=True)


async def write(
    service: Callable[Concatenate[Any, Context, P], Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """``service(session, context, *args)`` in a transaction of its own, in a thread; committed when this returns."""
    return await _run(service, args, kwargs, read_only=False)


async def _run(service: Callable[..., Result], args: Any, kwargs: Any, *, read_only: bool) -> Result:
    context = await current_context()

    def work() -> Result:
        with transaction(context, read_only=read_only) as session:
            return service(session, context, *args, **kwargs)

    return await asyncio.to_thread(work)


def show_error(exception: Exception) -> EventSpec | None:
    """What the browser is told of an error that left a handler: a sentence for a person, never a traceback."""
    if isinstance(exception, RcxError):
        return answer(exception)
    log.get("ui").error("handler_failed", error="".join(traceback.format_exception(exception)))
    shown: EventSpec = rx.toast.error(
        "Something went wrong on our side.",
        description="Nothing was saved. Try again; if it happens again, tell your administrator.",
        id="error",
    )
    return shown
