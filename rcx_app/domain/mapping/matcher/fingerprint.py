"""A hash of all that one connection's accounts are matched from. While it is the same, matching would say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


class Fingerprint:
    """Takes values in a fixed order; equal values give an equal `text`."""

    def __init__(self, *values: object) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.take(values)

    def take(self, values: Iterable[object]) -> Fingerprint:
        for value in values:
            # Records of plain values say all of themselves; the mark keeps ("ab", "c") and ("a", "bc") apart.
            self._hash.update(repr(value).encode("utf-8", "surrogatepass"))
            self._hash.update(b"\x1e")
        return self

    @property
    def text(self) -> str:
        return self._hash.hexdigest()
