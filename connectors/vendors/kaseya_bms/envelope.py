"""What every answer of Kaseya BMS has around it: success, error, result. And how its lists are read to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row

_KINDS = {401: "credentials_refused", 403: "privilege_missing", 404: "not_found", 429: "rate_limited"}
_READINGS = 4
_MOST_PAGES = 20_000


def spelled(value: Any) -> Any:
    """The same with names as the specification spells them: it says `AccessToken`, the live API `accessToken`."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: spelled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [spelled(each) for each in value]
    return value


def _outer(value: Any) -> Any:
    return {key[:1].upper() + key[1:]: each for key, each in value.items()} if isinstance(value, dict) else value


def opened(answer: Answer) -> Row:
    """The envelope; what is in it is left as it came. Raises ApiFailure where the answer is none."""
    return Row(_outer(answer.json()), "answer", answer.vendor, answer.wire)


def records(answer: Answer, noun: str) -> list[Row]:
    """The result as a list. Raises ApiFailure where there is none."""
    return [_as_specified(row) for row in _raw(answer, noun)]


def total(answer: Answer) -> int:
    """How many there are on all pages. Raises ApiFailure where the answer does not say."""
    return int(opened(answer).need_exact("TotalRecords"))


def refusal(answer: Answer, needs: str, redact: Callable[[str], str]) -> ApiFailure | None:
    """The failure inside an answer of 200, None where there is none. `redact` takes secrets out of what it says."""
    if not 200 <= answer.status < 300:
        return None
    try:
        found = _outer(answer.json())
    except ApiFailure:
        return None
    if not isinstance(found, dict) or found.get("Success") is not False:
        return None
    error = found.get("Error")
    told: dict[str, Any] = spelled(error) if isinstance(error, dict) else {}
    code = told.get("Code")
    number = code if isinstance(code, int) else 0
    kind = "vendor_down" if 500 <= number < 600 else _KINDS.get(number, "refused")
    what = needs if kind == "privilege_missing" and needs else _path(answer)
    return ApiFailure(kind, answer.vendor, what, detail=redact(str(told.get("Message") or "")), status=answer.status)


def _path(answer: Answer) -> str:
    return "/" + answer.url.partition("://")[2].partition("/")[2].partition("?")[0]


def steady(http: Http, noun: str, page: Callable[[int], Answer]) -> Iterator[Row]:
    """All rows of a list that does not say how long it is: read again until two readings agree page by page.

    Pages are asked for until one is empty, because a vendor may give less than was asked for. A row that is deleted
    while it is read moves the others one place up, past the reader; then the second reading differs and a third
    follows, whose rows come again. A single page can't be torn.
    """
    before: list[tuple[str, ...]] | None = None
    for _ in range(_READINGS):
        seen: list[tuple[str, ...]] = []
        first: list[Row] = []
        while rows := _raw(page(len(seen) + 1), noun):
            seen.append(tuple(_number(row) for row in rows))
            if len(seen) > _MOST_PAGES or seen[-2:-1] == seen[-1:]:
                raise ApiFailure("paging_broken", http.vendor, noun)
            if before is not None:
                yield from map(_as_specified, rows)
                if seen == before:
                    return
            elif len(seen) == 1:
                first = rows
        if before is None and len(seen) < 2:
            yield from map(_as_specified, first)
            return
        before = seen
    raise ApiFailure("paging_broken", http.vendor, noun)


def _raw(answer: Answer, noun: str) -> list[Row]:
    return opened(answer).need_rows("Result", noun)


def _as_specified(row: Row) -> Row:
    return Row(spelled(row.data), row.noun, row.vendor, row.wire)


def _number(row: Row) -> str:
    return row.text("id") or row.need("Id")
