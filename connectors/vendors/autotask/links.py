"""Finds the line that a billing item is about; older databases name only contract and service on it."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.http.rows import Row
from connectors.vendors.autotask.units import Kind


class Links:
    """Look-ups over the catalogue's rows and the contract services (or bundles) of one kind."""

    def __init__(self, kind: Kind, catalogue: Iterable[Row], links: Iterable[Row]) -> None:
        self._kind = kind
        self._codes = {row.need("id"): kind.code(row) for row in catalogue}
        self._known: dict[tuple[str, str], set[str]] = {}
        for row in links:
            key = (row.need("contractID"), row.need(kind.catalogue_key))
            self._known.setdefault(key, set()).add(row.need("id"))

    def line_id(self, item: Row) -> str:
        """Our line's id, "" where several lines of the contract bill the same service."""
        named = item.text(self._kind.link_key)
        if named:
            return self._kind.line_id(named)
        found = self._known.get((item.text("contractID"), item.text(self._kind.catalogue_key)), set())
        return self._kind.line_id(next(iter(found))) if len(found) == 1 else ""

    def code(self, item: Row) -> str:
        number = item.text(self._kind.catalogue_key)
        return self._codes.get(number, self._kind.line_id(number))
