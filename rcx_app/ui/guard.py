"""The guard before every handler: deny by default.

Any socket may call any registered handler with any argument, so a handler runs only if it names a permission
(`requires`), the socket's session is alive at this moment, its role grants the permission, and the arguments have
the types that the handler declares.
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from reflex.event import Event, EventSpec
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import form_data_as_dict

from rcx_app.core import log
from rcx_app.core.errors import Invalid, NotPermitted, NotSignedIn, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.ui.caller import forget_caller, set_caller, who_asks

Handler = TypeVar("Handler", bound=Callable[..., Any])

_TAG = "__rcx_permission__"

# Reflex's own events, without which no page loads. They show nothing but the caller's own state, which is bound to
# his session; everything else of Reflex's own (setvar above all) stays closed.
_ROOT = "reflex___state____state"
INTERNAL = {
    f"{_ROOT}.hydrate",
    f"{_ROOT}.hydrate_and_load",
    f"{_ROOT}.set_is_hydrated",
    f"{_ROOT}.reflex___state____on_load_internal_state.on_load_internal",
    f"{_ROOT}.reflex___state____on_load_internal_state.set_is_hydrated",
    f"{_ROOT}.reflex___state____update_vars_internal_state.update_vars_internal",
    f"{_ROOT}.reflex___state____frontend_event_exception_state.handle_frontend_exception",
}


def requires(permission: Permission) -> Callable[[Handler], Handler]:
    """Name the permission that a handler needs; goes directly under ``@rx.event``.

    Raises TypeError where a parameter has no annotation: arguments come from outside and are checked against it.
    """

    def tag(handler: Handler) -> Handler:
        for parameter in list(inspect.signature(handler).parameters.values())[1:]:
            if parameter.annotation is inspect.Parameter.empty:
                raise TypeError(f"{handler.__qualname__}: parameter {parameter.name!r} needs a type annotation")
        setattr(handler, _TAG, permission)
        return handler

    return tag


def permission_of(handler: Any) -> Permission | None:
    """The permission that a handler function names, or None."""
    found = getattr(handler, _TAG, None)
    return found if isinstance(found, Permission) else None


class Guard(rx.Middleware):
    """The first middleware of the app: see the module's docstring."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002
        """Let the event through (None) or answer it with what the person should see."""
        forget_caller()
        try:
            handler, permission = _handler(event.name)
            identity = await who_asks(EventContext.get().router_data)
            identity.context.require(permission)
            check_payload(handler, event.payload)
        except RcxError as error:
            log.get("guard").warning("handler_refused", handler=event.name[-120:], reason=error.code)
            return StateUpdate(events=Event.from_event_type(answer(error)))
        set_caller(identity, permission)
        return None


def answer(error: RcxError) -> EventSpec:
    """What the person sees of an error that no handler dealt with itself."""
    if isinstance(error, NotSignedIn):
        return to_sign_in()
    shown: EventSpec = rx.toast.error(error.message, description=error.remedy, id=error.code)
    return shown


def to_sign_in() -> EventSpec:
    """Leave for the sign-in page with a full page load, and come back here afterwards."""
    return rx.call_script(
        "window.location.assign('/sign-in?next=' + encodeURIComponent(location.pathname + location.search))"
    )


def check_payload(handler: Callable[..., Any], payload: Any) -> None:
    """Raises Invalid unless `payload` fits the handler's parameters, by name and by type."""
    parameters = _parameters(handler)
    if not isinstance(payload, dict) or not set(payload) <= set(parameters):
        raise Invalid("This request was not understood.", remedy="Reload the page.")
    for parameter, (adapter, is_required) in parameters.items():
        if parameter not in payload:
            if is_required:
                raise Invalid("This request was not understood.", remedy="Reload the page.")
            continue
        try:
            # A submitted form comes as wrapped entries; the handler gets the dict that is checked here.
            given = form_data_as_dict(payload[parameter])
            if isinstance(given, dict) and not all(isinstance(name, str) for name in given):
                raise TypeError("a form's fields have names")  # JSON would quietly make text of them
            adapter.validate_json(json.dumps(given, allow_nan=False), strict=True)
        except (ValidationError, ValueError, TypeError, RecursionError) as error:
            raise Invalid(f"The value of {parameter!r} is not valid.", remedy="Reload the page.") from error


def _handler(name: str) -> tuple[Callable[..., Any], Permission]:
    """The handler and what it asks for. Raises NotPermitted for those that name nothing."""
    registered = RegistrationContext.get().event_handlers.get(name)
    if registered is not None:
        handler: Callable[..., Any] = registered.handler.fn
        permission = Permission.SELF if name in INTERNAL else permission_of(handler)
        if permission is not None:
            return handler, permission
    raise NotPermitted("This is not available.")


@cache
def _parameters(handler: Callable[..., Any]) -> dict[str, tuple[TypeAdapter[Any], bool]]:
    """Checker and "must be there" of each parameter but self."""
    hints = typing.get_type_hints(handler)
    found = {}
    for parameter in list(inspect.signature(handler).parameters.values())[1:]:
        hint = hints.get(parameter.name, Any)
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        found[parameter.name] = (adapter, parameter.default is inspect.Parameter.empty)
    return found
