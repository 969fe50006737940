"""What kind of tool a connection reads: two tools of one category should not both count the same thing."""

from __future__ import annotations

from functools import cache

from connectors.registry import abouts
from rcx_app.core.text import fold

MACHINE_TOOLS = frozenset({"RMM", "Endpoint security", "Backup"})
"""Categories whose tools list machines, so that one should know what another knows."""


def category(vendor: str) -> str:
    """The category that the vendor's connector declares; for a vendor without one, a category of its own."""
    key = _squeezed(vendor)
    return _declared().get(key, f"vendor {key}")


@cache
def _declared() -> dict[str, str]:
    return {_squeezed(name): about.category for about in abouts() for name in (about.id, about.name)}


def _squeezed(name: str) -> str:
    return "".join(char for char in fold(name) if char.isalnum())
