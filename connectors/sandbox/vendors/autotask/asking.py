"""Autotask's way of asking: conditions with operators, groups of them, and pages that go on after the last id."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

Item = Mapping[str, Any]
LARGEST = 500
_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, value: _same(held) == _same(value),
    "noteq": lambda held, value: _same(held) != _same(value),
    "gt": lambda held, value: held is not None and _same(held) > _same(value),
    "gte": lambda held, value: held is not None and _same(held) >= _same(value),
    "lt": lambda held, value: held is not None and _same(held) < _same(value),
    "lte": lambda held, value: held is not None and _same(held) <= _same(value),
    "in": lambda held, value: _same(held) in {_same(each) for each in value},
    "notIn": lambda held, value: _same(held) not in {_same(each) for each in value},
    "exist": lambda held, _value: held is not None,
    "notExist": lambda held, _value: held is None,
}


class Refused(Exception):
    """What Autotask says to a question it does not take (with HTTP 500)."""


def holds(item: Item, condition: Mapping[str, Any], entity: str) -> bool:
    """Whether a row meets a condition or a group. Raises Refused for a field or an operator that does not exist."""
    op = condition.get("op", "")
    if op in ("and", "or"):
        found = [holds(item, each, entity) for each in condition.get("items", [])]
        return all(found) if op == "and" else any(found)
    if op not in _OPS:
        raise Refused(f"Invalid operator {op!r}.")
    field = condition.get("field", "")
    if field not in item:
        raise Refused(f"Unable to find {field} in the {entity} Entity.")
    return _OPS[op](item[field], condition.get("value"))


def answered(entity: str, items: Sequence[Item], body: Mapping[str, Any], paging: str, base: str) -> dict[str, Any]:
    """One page of `items`, which are in the order of their ids. `paging` is what `nextPageUrl` carried."""
    conditions = body.get("filter")
    if not conditions:
        raise Refused("Missing Required Field: filter.")
    size = body.get("MaxRecords", LARGEST)
    if not isinstance(size, int) or not 1 <= size <= LARGEST:
        raise Refused("MaxRecords must be between 1 and 500.")
    after = json.loads(paging)["nextIds"][0] if paging else -1
    found: list[Item] = []
    for item in items[bisect_right(items, after, key=lambda each: each["id"]) :]:
        if all(holds(item, each, entity) for each in conditions):
            found.append(item)
            if len(found) > size:
                break
    page = found[:size]
    following = None
    if len(found) > size:
        place = json.dumps({"pageSize": size, "previousIds": [page[0]["id"]], "nextIds": [page[-1]["id"]]})
        following = f"{base}/V1.0/{entity}/query/next?paging={quote(place)}"
    wanted = body.get("IncludeFields")
    shown = page if not wanted else [{key: each[key] for key in {"id", *wanted} if key in each} for each in page]
    details = {"count": len(page), "requestCount": size, "prevPageUrl": None, "nextPageUrl": following}
    return {"items": shown, "pageDetails": details}


def _same(value: Any) -> Any:
    """Numbers compare as numbers, times without their spelling, everything else as text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return value[:19] if len(value) > 19 else value
    return value
