"""Just enough of GraphQL to answer a question as it was asked: its fields, and an object cut down to them.

Whether a question is right by the schema is not judged here; the tests do that with a whole GraphQL library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Fields = dict[str, "Fields"]
_WORDS = re.compile(r"[{}]|\w+")


def fields_of(document: str) -> Fields:
    """The fields that a document selects, arguments left out: {"getClientList": {"clients": {"name": {}}}}."""
    body = re.sub(r"\([^)]*\)", "", document)
    top: Fields = {}
    stack, last = [top], top
    for word in _WORDS.findall(body[body.index("{") + 1 :]):
        if word == "{":
            stack.append(last)
        elif word == "}":
            stack.pop()
            if not stack:
                break
        else:
            last = stack[-1].setdefault(word, {})
    return top


def picked(value: Any, fields: Fields) -> Any:
    """A value cut down to the fields that were asked for; untyped JSON and plain values as they are."""
    if not fields or value is None:
        return value
    if isinstance(value, Mapping):
        return {name: picked(value.get(name), inner) for name, inner in fields.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [picked(each, fields) for each in value]
    return value
