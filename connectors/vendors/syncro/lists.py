"""Leads through Syncro's lists, by page number; some tell how many rows there are, others tell nothing.

A row that is deleted while a list is read by page number moves the next ones up, and one of them is never shown. So a
list that tells its total is read until that many different rows came; one that does not is read until two readings
agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row

_TRIES = 4


def listed(api: Http, path: str, noun: str, needs: str) -> Iterator[Row]:
    """The rows of `path`, which answers them under its own name, each once.

    Raises ApiFailure("paging_broken") where the list does not come to rest.
    """
    before: set[str] | None = None
    seen: set[str] = set()
    for _attempt in range(_TRIES):
        reading = _Reading(path, noun)
        ids: set[str] = set()
        for row in reading.rows(api, needs):
            number = row.need("id")
            ids.add(number)
            if number not in seen:
                seen.add(number)
                yield row
        if reading.total is None:
            if ids == before or not ids:
                return
            before = ids
        elif len(ids) == reading.total and not reading.has_moved:
            return
    raise ApiFailure("paging_broken", api.vendor, f"{noun}s")


class _Reading:
    """One pass over a list. `total` is what the list told, None where it told nothing."""

    def __init__(self, path: str, noun: str) -> None:
        self._path = path
        self._noun = noun
        self._page = 1
        self._pages: Decimal | None = None
        self.total: int | None = None
        self.has_moved = False

    def rows(self, api: Http, needs: str) -> Iterator[Row]:
        return cursored(
            api, self._path, self._found, self._after, noun=f"{self._noun}s", params={"page": 1}, needs=needs
        )

    def _found(self, answer: Answer) -> list[Row]:
        body = answer.row(f"list of {self._noun}s")
        meta = body.row("meta")
        total = meta.exact("total_entries")
        told = None if total is None else int(total)
        self.has_moved = self.has_moved or (self._page > 1 and told != self.total)
        self.total, self._pages = told, meta.exact("total_pages")
        return body.need_rows(self._path, self._noun)

    def _after(self, _answer: Answer, rows: list[Row]) -> Mapping[str, object] | None:
        is_last = self._pages is not None and self.total is not None and self._page >= self._pages
        if not rows or is_last:
            return None
        self._page += 1
        return {"page": self._page}
