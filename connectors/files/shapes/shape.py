"""What a shape is: the fields an export can feed, how its header is recognised, and which builder reads its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.files.build.base import Builder, Context
from connectors.files.fields import Field, Side, normal_header
from connectors.files.profile import Options

# Recognition never claims certainty: the user confirms.
HIGHEST = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of export.

    `spellings` (field -> header texts, best first) are this export's own words and replace the field's general ones,
    because one word means different things in different exports ("State" is an address in one, a status in another).
    With `is_strict` a column must be called exactly like its field. `signature` lists groups of header texts: each
    group found speaks for the shape, and without the first one it is not the shape. `required` lists groups of fields
    of which one must be mapped.
    """

    id: str
    title: str
    side: Side
    fields: Mapping[str, Field]
    builder: Callable[[Context], Builder]
    required: tuple[tuple[str, ...], ...]
    signature: tuple[tuple[str, ...], ...] = ()
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    is_strict: bool = False
    is_generic: bool = False

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return the normalised header spellings of a field, best first."""
        if self.is_strict:
            return (normal_header(name),)
        own = self.spellings.get(name)
        return tuple(normal_header(text) for text in own) if own else self.fields[name].names

    def match(self, headers: Sequence[str]) -> dict[int, str]:
        """Return column position -> field for exact spellings; each field and each column at most once."""
        positions: dict[str, int] = {}
        for at, header in enumerate(headers):
            positions.setdefault(normal_header(header), at)
        positions.pop("", None)
        taken: dict[int, str] = {}
        # The export's own words first, so that a general spelling cannot steal a column from them.
        own = [name for name in self.spellings if name in self.fields]
        for name in [*own, *(name for name in self.fields if name not in self.spellings)]:
            for spelling in self.names_of(name):
                at = positions.get(spelling, -1)
                if at >= 0 and at not in taken:
                    taken[at] = name
                    break
        return taken

    def missing(self, fields: Sequence[str], options: Options) -> list[tuple[str, ...]]:
        """Return the required groups of which no field is mapped."""
        missing = []
        for group in self.required:
            is_account = "account_name" in group or "account_id" in group
            if is_account and options.account_from == "constant" and options.account_name:
                continue
            if is_account and options.account_from == "upn_domain" and "identity" in fields:
                continue
            if not any(name in fields for name in group):
                missing.append(group)
        return missing

    def confidence(self, headers: Sequence[str]) -> float:
        """Return 0 to 0.99: how surely a file with these headers has this shape."""
        matched = self.match(headers)
        named = [header for header in headers if normal_header(header)]
        if not matched or not named:
            return 0.0
        if self.missing(list(matched.values()), self.options):
            return 0.0
        coverage = len(matched) / len(named)
        if self.is_strict:
            # Exact names of our own format: extra columns are allowed and become attributes.
            return min(HIGHEST, 0.9 + 0.09 * coverage)
        if self.is_generic:
            return 0.35 + 0.15 * coverage
        present = {normal_header(header) for header in headers}
        found = [any(normal_header(text) in present for text in group) for group in self.signature]
        share = sum(found) / len(found)
        return 0.0 if share < 0.6 or not found[0] else min(HIGHEST, 0.1 + 0.75 * share + 0.14 * coverage)
