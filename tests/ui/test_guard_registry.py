"""Every handler that exists names a permission; handlers added later are included by themselves."""

from __future__ import annotations

import pytest
from reflex_base.registry import RegistrationContext

import rcx_app.rcx_app  # noqa: F401 - registers all handlers
from rcx_app.commands.benches.ui_acts import BARE_EVENT
from rcx_app.core.permissions import Permission
from rcx_app.ui import guard


def handlers() -> dict[str, object]:
    """All of the product and the framework; tests may have registered handlers of their own."""
    registered = RegistrationContext.get().event_handlers
    return {name: found.handler.fn for name, found in registered.items() if "tests___" not in name}


def test_there_are_handlers() -> None:
    assert any(guard.permission_of(handler) for handler in handlers().values())


@pytest.mark.parametrize("name", sorted(name for name in handlers() if "rcx_app___" in name))
def test_every_handler_of_ours_names_a_permission(name: str) -> None:
    handler = handlers()[name]
    if name.endswith(".setvar"):
        assert guard.permission_of(handler) is None
    else:
        found = guard.permission_of(handler)
        assert found is not None, f"{name} needs @requires(...), or is a helper that must not be a public method"


def test_of_the_frameworks_own_handlers_only_the_named_ones_are_open() -> None:
    foreign = {name for name in handlers() if "rcx_app___" not in name}
    assert set(guard.INTERNAL) <= foreign
    assert not [name for name in foreign - set(guard.INTERNAL) if guard.permission_of(handlers()[name])]


def test_a_handler_that_writes_asks_for_more_than_reading() -> None:
    """`write(...)` in a handler of a viewer would be a hole; what everyone may do to himself is `account:self`."""
    weak = {
        name: handler
        for name, handler in handlers().items()
        if guard.permission_of(handler) is Permission.READ and "write" in handler.__code__.co_names
    }
    assert not weak


def test_the_bench_of_pages_asks_a_handler_that_exists() -> None:
    assert guard.permission_of(handlers()[BARE_EVENT]) is Permission.SELF
