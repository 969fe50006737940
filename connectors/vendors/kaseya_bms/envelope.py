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


def opened(answer: Answer) -> Row:
    """The whole answer as an object. Raises ApiFailure where it is none."""
    return Row(spelled(answer.json()), "answer", answer.vendor, answer.wire)


def records(answer: Answer, noun: str) -> list[Row]:
    """The result as a list. Raises ApiFailure where there is none."""
    return opened(answer).need_rows("Result", noun)


def total(answer: Answer) -> int:
    """How many there are on all pages. Raises ApiFailure where the answer does not say."""
    return int(opened(answer).need_exact("TotalRecords"))


def refusal(answer: Answer, needs: str, redact: Callable[[str], str]) -> ApiFailure | None:
    """The failure inside an answer of 200, None where there is none. `redact` takes secrets out of what it says."""
    if not 200 <= answer.status < 300:
        return None
    try:
        found = spelled(answer.json())
    except ApiFailure:
        return None
    if not isinstance(found, dict) or found.get("Success") is not False:
        return None
    error = found.get("Error")
    told: dict[str, Any] = error if isinstance(error, dict) else {}
    code = told.get("Code")
    number = code if isinstance(code, int) else 0
    kind = "vendor_down" if 500 <= number < 600 else _KINDS.get(number, "refused")
    what = needs if kind == "privilege_missing" and needs else _path(answer)
    return ApiFailure(kind, answer.vendor, what, detail=redact(str(told.get("Message") or "")), status=answer.status)


def _path(answer: Answer) -> str:
    return "/" + answer.url.partition("://")[2].partition("/")[2].partition("?")[0]


def steady(http: Http, noun: str, page: Callable[[int], list[Row]]) -> Iterator[Row]:
    """All rows of a list that does not say how long it is: read again until two readings agree page by page.

    Pages are asked for until one is empty, because a vendor may give less than was asked for. A row that is deleted
    while it is read moves the others one place up, past the reader; then the second reading differs and a third
    follows; a single page can't be torn. Rows come more than once; they are the same ones.
    """
    before: list[tuple[str, ...]] | None = None
    for _ in range(_READINGS):
        seen: list[tuple[str, ...]] = []
        while rows := page(len(seen) + 1):
            seen.append(tuple(row.need("Id") for row in rows))
            if len(seen) > _MOST_PAGES or seen[-2:-1] == seen[-1:]:
                raise ApiFailure("paging_broken", http.vendor, noun)
            yield from rows
        if seen == before or len(seen) < 2:
            return
        before = seen
    raise ApiFailure("paging_broken", http.vendor, noun)
