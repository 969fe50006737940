"""Lists whose look people may change, what they may change of them, and how that leaves the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# By list: the columns that may be left out, in the order in which they stand. What names the row always stands.
LISTS: dict[str, tuple[str, ...]] = {
    "queue": (
        "quantity", "delta", "price", "amount", "display", "kind", "integration", "age", "trend", "state",
    ),
    "clients": (
        "seats", "services", "discrepancies", "flags", "under", "over", "at_stake", "amount", "display", "trend",
        "cycle",
    ),
    "services": ("clients", "findings", "moved", "under", "over", "impact", "display", "apart"),
    "flagged": ("kind", "product", "said", "integration"),
}  # fmt: skip
# Left out until somebody asks for them.
_EXTRA: dict[str, frozenset[str]] = {
    "queue": frozenset({"price", "integration"}),
    "clients": frozenset({"at_stake"}),
}


def own_columns(page: str) -> tuple[str, ...]:
    """The columns that a list shows to who chose none."""
    extra = _EXTRA.get(page, frozenset())
    return tuple(name for name in LISTS[page] if name not in extra)


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A saved view. `is_own`: the asking person saved it; `owner` is its person's name."""

    view_id: int
    page: str
    name: str
    query: Mapping[str, str]
    is_shared: bool
    is_own: bool
    owner: str


@dataclass(frozen=True, slots=True)
class Looks:
    """What one person sees of all lists: the columns by list, and the views, own ones first, by name."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: tuple[ViewRow, ...] = ()
