"""NinjaOne's two ways of paging: lists by the last id that was seen, reports by a cursor that moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from connectors.http.client import Answer, Http
from connectors.http.failures import Action, ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row
from connectors.vendors.ninjaone.about import MONITORING

T = TypeVar("T")
_OVER = frozenset({"refused", "not_found", "cursor_expired"})
_TRIES = 4


def listed(api: Http, path: str, noun: str, size: int) -> Iterator[Row]:
    """A bare array by `after`, to the first page that is empty: a short page may be a page size cut by NinjaOne.

    Raises ApiFailure("paging_broken") where the list is not in the order of its ids: rows would be skipped unseen.
    """
    last = 0

    def following(_answer: Answer, rows: list[Row]) -> Mapping[str, Any] | None:
        nonlocal last
        if not rows:
            return None
        ids = [last, *dict.fromkeys(int(row.need_exact("id")) for row in rows)]
        if ids != sorted(set(ids)):
            raise ApiFailure("paging_broken", api.vendor, noun)
        last = ids[-1]
        return {"after": last}

    return cursored(
        api, path, lambda answer: answer.rows(noun), following, noun=noun, params={"pageSize": size}, needs=MONITORING
    )


def report(
    api: Http, path: str, noun: str, size: int, take: Callable[[Row], T], params: Mapping[str, Any] | None = None
) -> list[T]:
    """What `take` makes of every row of a report under `/v2/queries`.

    NinjaOne keeps the place under the cursor's name, and each question moves it on. An answer that was lost can
    therefore not be asked for again: the report is begun anew, and nothing of it is given before it was read whole.
    So it is where a cursor is no longer known after a full page, which may be the end or not; pages of another size
    tell, since the last of them is then not full.
    """
    for attempt in range(_TRIES):
        try:
            return list(_once(api, path, noun, size, take, params or {}))
        except ApiFailure as failure:
            is_forgotten = failure.kind in _OVER
            if attempt == _TRIES - 1 or not (is_forgotten or failure.action is Action.RETRY):
                raise
            size = max(1, size - is_forgotten)
    raise AssertionError("unreachable")


def _once(
    api: Http, path: str, noun: str, size: int, take: Callable[[Row], T], params: Mapping[str, Any]
) -> Iterator[T]:
    """A cursor that is not known after a page that is not full is the end; after a full one it is a failure."""
    asked: dict[str, Any] = {**params, "pageSize": size}
    before: object = None
    is_full = True
    while True:
        try:
            answer = api.get(path, asked, needs=MONITORING, is_repeatable="cursor" not in asked).row(noun)
        except ApiFailure as failure:
            if is_full or failure.kind not in _OVER:
                raise
            return
        rows, name = answer.need_rows("results", noun), answer.row("cursor").text("name")
        if rows and answer.data["results"] == before:
            raise ApiFailure("paging_broken", api.vendor, noun)
        yield from map(take, rows)
        if not rows or not name:
            return
        before, is_full, asked["cursor"] = answer.data["results"], len(rows) >= size, name
