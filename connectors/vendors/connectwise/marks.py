"""The cursor of an incremental read: the vendor's time, and the ids that were there.

ConnectWise tells what changed since a moment, and deletes without a trace: what is gone is found by its missing id.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Mark:
    """`at` is aware UTC, whole seconds; `ids` are all that the stream held."""

    at: datetime
    ids: frozenset[int]

    def __str__(self) -> str:
        """As text: the moment, and the gaps between the sorted ids, packed (some bytes an id at most)."""
        packed = zlib.compress(" ".join(str(gap) for gap in _gaps(self.ids)).encode(), 9)
        return f"{self.at.astimezone(UTC):{_FORM}} {base64.b85encode(packed).decode()}"

    @classmethod
    def read(cls, text: str) -> Mark:
        """Raises ValueError for what is no mark."""
        moment, _, packed = text.partition(" ")
        at = datetime.strptime(moment, _FORM).replace(tzinfo=UTC)
        try:
            gaps = zlib.decompress(base64.b85decode(packed)).decode()
        except (zlib.error, binascii.Error) as error:
            raise ValueError("no mark") from error
        ids, last = set(), 0
        for gap in gaps.split():
            last += int(gap)
            ids.add(last)
        return cls(at, frozenset(ids))


def _gaps(ids: Iterable[int]) -> Iterable[int]:
    last = 0
    for each in sorted(ids):
        yield each - last
        last = each
