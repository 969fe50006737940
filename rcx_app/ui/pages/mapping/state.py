"""The state of the mapping page: what it holds is in `base`, its handlers in `listing`, `deciding` and `many`."""

from __future__ import annotations

from rcx_app.ui.pages.mapping.base import MappingState
from rcx_app.ui.pages.mapping.many import Many

__all__ = ["MappingRowsState", "MappingState"]


class MappingRowsState(Many, MappingState):
    """The list and all handlers. Apart from `MappingState`, so that moving through the list draws no row anew."""
