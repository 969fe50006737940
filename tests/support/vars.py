"""State vars for tests of markup, without a state (one would join the app's registry of handlers)."""

from __future__ import annotations

from typing import Any

import reflex as rx


def var(expression: str, kind: Any) -> Any:
    """A var that the browser knows as `expression`, of type `kind`."""
    return rx.Var(expression, _var_type=kind).guess_type()
