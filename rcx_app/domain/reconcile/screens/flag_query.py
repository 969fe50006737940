"""What the address of the flagged page asks for: one reading of it, for the page and for the export alike.

Kinds are read as they come: a kind that no group names belongs to the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from rcx_app.core.errors import Invalid

# Groups of kinds by tab; "services" is what is left.
GROUPS: dict[str, tuple[str, ...]] = {
    "services": (),
    "inactive": ("inactive_seat",),
    "duplicates": ("duplicate_seat",),
    "licences": (
        "recently_cancelled", "temporary_licence", "ghost", "delivered_unbilled", "purchased_over_assigned",
        "billed_below_purchased",
    ),
}  # fmt: skip
_LONGEST_ID = 18


def group_of(kind: str) -> str:
    """The tab to which a kind belongs."""
    return next((group for group, kinds in GROUPS.items() if kind in kinds), "services")


def by_group(numbers: Mapping[str, int]) -> dict[str, int]:
    """How many flags each tab holds ("" all of them), from numbers by kind."""
    counts = {"": sum(numbers.values()), **dict.fromkeys(GROUPS, 0)}
    for kind, number in numbers.items():
        counts[group_of(kind)] += number
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagQuery:
    """A group, narrowed by filters. Empty: not asked for. `client` and `integration`: ids."""

    group: str = ""
    kind: str = ""
    client: str = ""
    integration: str = ""
    find: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> FlagQuery:
        """Raises Invalid for a value that means nothing."""
        known = {each.name for each in fields(cls)}
        asked = cls(**{name: value.strip() for name, value in params.items() if name in known})
        if asked.group and asked.group not in GROUPS:
            raise _broken("group", asked.group)
        for name in ("client", "integration"):
            value = getattr(asked, name)
            if value and not (value.isascii() and value.isdecimal() and len(value) <= _LONGEST_ID):
                raise _broken(name, value)
        return asked

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.client or self.integration or self.find)

    def kinds(self, known: Iterable[str]) -> tuple[str, ...]:
        """The kinds that are asked for, of those that there are."""
        asked = (kind for kind in known if not self.group or group_of(kind) == self.group)
        return tuple(sorted(kind for kind in asked if not self.kind or kind == self.kind))

    def params(self) -> dict[str, str]:
        """What stands in the address."""
        return {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}


def _broken(name: str, value: str) -> Invalid:
    return Invalid(f"This address asks for {name} {value[:40]!r}, which does not exist.", remedy="Clear the filters.")
