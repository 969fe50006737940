"""The scripts that keep the browser's address: whatever stands in a value, it stays a value."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from reflex.event import EventSpec

from rcx_app.ui.pages.billing import history

ADDRESS = "/billing?find=');alert(1);('\"\u2028</script>"


def script_of(told: EventSpec) -> str:
    """The script as the browser gets it."""
    return " ".join(str(value._var_value) for _, value in told.args if hasattr(value, "_var_value"))


@pytest.mark.parametrize("make", [history.push, history.replace])
def test_an_address_can_not_break_out_of_its_script(make: Callable[[str], EventSpec]) -> None:
    script = script_of(make(ADDRESS))
    assert json.dumps(ADDRESS) in script
    assert script.isascii()


def test_a_value_can_not_break_out_either() -> None:
    assert json.dumps(ADDRESS) in script_of(history.put("open", ADDRESS))


def test_an_empty_value_leaves_the_address() -> None:
    assert "false?" in script_of(history.put("open", ""))
    assert "true?" in script_of(history.put("open", "12"))
