"""How ConnectWise's lists are asked: conditions, fields, and both ways of paging."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.server.vendor import answer, whole

Shown = Mapping[str, Any]
MEDIA = "application/vnd.connectwise.com+json; version=2022.1"
LARGEST, USUAL = 1000, 25
_TERM = re.compile(r"\s*([A-Za-z_/]+)\s*(>=|<=|!=|=|>|<|\bin\b)\s*(\([^)]*\)|\[[^\]]*\]|\"[^\"]*\"|[^\s]+)\s*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, asked: held == asked,
    "!=": lambda held, asked: held != asked,
    ">": lambda held, asked: held is not None and held > asked,
    "<": lambda held, asked: held is not None and held < asked,
    ">=": lambda held, asked: held is not None and held >= asked,
    "<=": lambda held, asked: held is not None and held <= asked,
    "in": lambda held, asked: held in asked,
}


class Unclear(Exception):
    """Conditions that ConnectWise would not take."""


def listed(request: Request, rows: Sequence[Shown]) -> Response:
    """A page of rows that are sorted by id. Forward only where the header says so: then `page` means nothing, and a
    next page is always named."""
    asked = request.query_params
    size = min(max(whole(request, "pageSize", USUAL), 1), LARGEST)
    takes = _condition(asked.get("conditions", ""))
    wanted = [name.strip() for name in asked.get("fields", "").split(",") if name.strip()]
    if request.headers.get("pagination-type") == "forward-only":
        found = _above(rows, whole(request, "pageId", 0), size, takes)
        last = found[-1]["id"] if found else whole(request, "pageId", 0)
        links = {"next": {"pageSize": size, "pageId": last}}
    else:
        matching, page = [row for row in rows if takes(row)], max(whole(request, "page", 1), 1)
        found = matching[(page - 1) * size : page * size]
        links = {"next": {"pageSize": size, "page": page + 1}} if page * size < len(matching) else {}
    shown = [_part(row, wanted) for row in found] if wanted else found
    link = ", ".join(f'<{_address(request, more)}>; rel="{name}"' for name, more in links.items())
    return answer(shown, headers={"Link": link} if link else {}, media=MEDIA)


def _above(rows: Sequence[Shown], after: int, size: int, takes: Callable[[Shown], bool]) -> list[Shown]:
    found: list[Shown] = []
    for spot in range(bisect_right(rows, after, key=lambda row: row["id"]), len(rows)):
        if takes(rows[spot]):
            found.append(rows[spot])
            if len(found) == size:
                break
    return found


def _address(request: Request, more: Mapping[str, int]) -> str:
    kept = {key: value for key, value in request.query_params.items() if key not in ("page", "pageId", "pageSize")}
    return f"https://{request.headers['host'].removeprefix('api-')}{request.url.path}?{urlencode({**kept, **more})}"


def _condition(text: str) -> Callable[[Shown], bool]:
    """Terms joined by `and`. Raises Unclear."""
    terms: list[tuple[list[str], Callable[[Any, Any], bool], Any]] = []
    rest = text
    while rest.strip():
        found = _TERM.match(rest)
        if found is None:
            raise Unclear(text)
        name = "_info/lastUpdated" if found[1].casefold() == "lastupdated" else found[1]
        terms.append((name.split("/"), _COMPARE[found[2]], _value(found[3])))
        rest = rest[found.end() :]
        if rest and not re.match(r"and\b", rest):
            raise Unclear(text)
        rest = rest[3:]
    return lambda row: all(compare(_held(row, path), asked) for path, compare, asked in terms)


def _value(text: str) -> Any:
    if text.startswith("("):
        return {_value(part.strip()) for part in text[1:-1].split(",") if part.strip()}
    if text.startswith(("[", '"')):
        return text[1:-1]
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if text.lstrip("-").isdigit():
        return int(text)
    raise Unclear(text)


def _held(row: Any, path: Sequence[str]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _part(row: Shown, wanted: Sequence[str]) -> Shown:
    """The fields that were asked for; `company/id` gives a company with its id alone."""
    found: dict[str, Any] = {}
    for name in wanted:
        outer, _, inner = name.partition("/")
        if row.get(outer) is None:
            continue
        if inner:
            found.setdefault(outer, {})[inner] = row[outer].get(inner)
        else:
            found[outer] = row[outer]
    return found
