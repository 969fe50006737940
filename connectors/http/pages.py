"""Leads through lists that come in pages, whatever the vendor's way, and refuses to take a part for the whole.

Three ways: by number or offset (`numbered`), by an address the vendor names (`linked`), by a cursor (`cursored`). Each
yields rows as they come and ends with ApiFailure("paging_broken") where a page repeats, the list has no end, or fewer
rows came than the vendor counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row

Params = Mapping[str, Any]
Rows = Callable[[Answer], list[Row]]
_MOST_PAGES = 200_000
_TRIES = 3


class _Watch:
    """Notices a list that goes round in circles."""

    def __init__(self, http: Http, noun: str) -> None:
        self._failure = ApiFailure("paging_broken", http.vendor, noun)
        self._last = b""
        self._asked: set[str] = set()
        self._pages = 0

    def page(self, answer: Answer, rows: list[Row]) -> None:
        """Raises ApiFailure where this page is the one before it again."""
        self._pages += 1
        digest = hashlib.blake2b(answer.content, digest_size=16).digest()
        if (rows and digest == self._last) or self._pages > _MOST_PAGES:
            raise self._failure
        self._last = digest if rows else b""

    def going_to(self, place: str) -> None:
        """Raises ApiFailure where this place was asked before."""
        if place in self._asked:
            raise self._failure
        self._asked.add(place)


def numbered(
    http: Http,
    path: str,
    rows: Rows,
    *,
    noun: str,
    size: int,
    params: Params | None = None,
    page_key: str = "page",
    size_key: str = "pageSize",
    first: int = 1,
    step: int = 1,
    total: Callable[[Answer], int | None] = lambda _answer: None,
    needs: str = "",
    ask: Callable[[Params], Answer] | None = None,
) -> Iterator[Row]:
    """Pages by number (`step` 1) or by offset (`first` 0, `step` = `size`).

    With a `total` the list ends when that many rows came; a total that changes while it is read means that rows moved
    between pages, so the list is read again (records that come twice are the same ones). Without it a page that is
    not full is the last one. `ask` replaces the plain GET (questions by POST, headers of their own).
    """
    fetch = ask or (lambda asked: http.get(path, asked, needs=needs))
    for _attempt in range(_TRIES):
        watch, read, position, counted = _Watch(http, noun), 0, first, None
        has_moved = False
        while True:
            answer = fetch({**(params or {}), page_key: position, size_key: size})
            found = rows(answer)
            watch.page(answer, found)
            declared = total(answer)
            has_moved = has_moved or (counted is not None and declared != counted)
            counted = declared
            yield from found
            read += len(found)
            position += step
            if not found or (read >= counted if counted is not None else len(found) < size):
                break
        if counted is None or (read == counted and not has_moved) or (read > counted and not has_moved):
            return
    raise ApiFailure("paging_broken", http.vendor, noun)


def linked(
    http: Http,
    path: str,
    rows: Rows,
    following: Callable[[Answer], str | None],
    *,
    noun: str,
    params: Params | None = None,
    total: Callable[[Answer], int | None] = lambda _answer: None,
    needs: str = "",
    ask: Callable[[str, Params | None], Answer] | None = None,
) -> Iterator[Row]:
    """Follows the address of the next page that each answer names; it must be on the API's own host.

    With a `total` the list is read again where fewer rows came, or the total changed meanwhile: addresses with page
    numbers in them lose rows when others go. `ask` replaces the plain GET (Autotask repeats its question by POST).
    """
    fetch = ask or (lambda place, asked: http.get(place, asked, needs=needs))
    for _attempt in range(_TRIES):
        watch, read = _Watch(http, noun), 0
        totals: set[int] = set()
        place: str | None = path
        asked = params
        while place:
            answer = fetch(place, asked)
            found = rows(answer)
            watch.page(answer, found)
            if (declared := total(answer)) is not None:
                totals.add(declared)
            yield from found
            read += len(found)
            place, asked = following(answer), None
            if place:
                watch.going_to(place)
        if not totals or (len(totals) == 1 and read >= totals.pop()):
            return
    raise ApiFailure("paging_broken", http.vendor, noun)


def cursored(
    http: Http,
    path: str,
    rows: Rows,
    following: Callable[[Answer, list[Row]], Params | None],
    *,
    noun: str,
    params: Params | None = None,
    needs: str = "",
    ask: Callable[[Params], Answer] | None = None,
) -> Iterator[Row]:
    """Sends along what `following` takes from an answer (a cursor, the last id) until it is None."""
    fetch = ask or (lambda asked: http.get(path, asked, needs=needs))
    watch = _Watch(http, noun)
    more: Params = {}
    while True:
        answer = fetch({**(params or {}), **more})
        found = rows(answer)
        watch.page(answer, found)
        yield from found
        after = following(answer, found)
        if after is None:
            return
        watch.going_to(repr(sorted(after.items())))
        more = after
