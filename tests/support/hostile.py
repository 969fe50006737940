"""Arguments for any handler: what its own page might send, and what nobody should."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter

_ODD: tuple[Any, ...] = (
    None,
    -1,
    10**30,
    "",
    "' OR 1=1 --",
    "../../secret.key",
    "\x00",
    [],
    {},
    {"$ne": None},
    [[[[]]]],
)


def payloads(handler: Callable[..., Any], ids: tuple[int, ...]) -> Iterator[Any]:
    """Plausible payloads with each of `ids` wherever a number goes, then hostile ones."""
    names = [parameter.name for parameter in list(inspect.signature(handler).parameters.values())[1:]]
    hints = typing.get_type_hints(handler)
    schemas = {name: TypeAdapter(hints.get(name, Any)).json_schema() for name in names}
    for row_id in ids:
        yield {name: _example(schema, schema, row_id) for name, schema in schemas.items()}
    for odd in _ODD[: 4 if not names else None]:
        yield dict.fromkeys(names, odd) or {"unasked": odd}
    yield {**dict.fromkeys(names, 1), "self": {}, "__class__": "x"}
    yield "no mapping"


def _example(schema: dict[str, Any], root: dict[str, Any], row_id: int) -> Any:
    if "$ref" in schema:
        return _example(root["$defs"][schema["$ref"].rpartition("/")[2]], root, row_id)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _example(schema[key][0], root, row_id)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        inner = schema.get("properties", {})
        return {name: _example(each, root, row_id) for name, each in inner.items()}
    if kind == "array":
        return [_example(schema.get("items", {"type": "integer"}), root, row_id)]
    text = {"date": "2026-11-14", "date-time": "2026-11-14T08:00:00Z"}.get(schema.get("format", ""), str(row_id))
    return {"integer": row_id, "number": row_id, "boolean": True, "null": None}.get(str(kind), text)
