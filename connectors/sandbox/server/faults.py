"""Faults on demand: what a vendor's API may do to its callers, applied to any answer of any vendor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

KINDS = (
    "status", "latency", "hang", "reset", "expire", "cut", "malformed", "html", "empty", "repeat", "drop", "null",
    "extra", "huge", "twice", "times", "zero", "foreign", "echo",
)  # fmt: skip
"""status: an error of that number · latency: seconds before the answer · hang: no answer · reset: closed before a
body · expire: all tokens end · cut: half a body, then closed · malformed: half a body as if whole · html: a web page ·
empty: 200 without a body · repeat: the last answer of that list again · drop / null: a field everywhere ·
extra: unknown fields everywhere · huge: ids beyond 2**63 · twice: the first row of every list again ·
times: other spellings of times · zero: every list empty, every count 0 · foreign: links to pages lead to another host ·
echo: an error whose text repeats what was sent, secrets and all."""
HUGE = 10**17
_IDS = re.compile(r"(^|_)(id|ids)$|I[dD]$|^ID$")
_COUNTS = re.compile(r"(total|count)", re.IGNORECASE)
_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$")


@dataclass(slots=True)
class Fault:
    """A fault that waits for requests. `path` is searched in "host/path?query"; `times` 0: until it is taken back.

    `after` lets so many matching requests pass first.
    """

    kind: str
    value: str = ""
    vendor: str = ""
    path: str = ""
    times: int = 1
    after: int = 0
    retry_after: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(KINDS)}")


class Faults:
    """The faults that are planned, how often a request was answered with one, and each list's last answer."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.hits = 0
        self.last: dict[tuple[str, ...], Response] = {}

    def plan(self, kind: str, value: object = "", **more: Any) -> Fault:
        fault = Fault(kind, str(value), **more)
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        self.planned.clear()
        self.last.clear()
        self.hits = 0

    def due(self, vendor: str, place: str) -> list[Fault]:
        """The faults that this request gets; their counters move."""
        found = []
        for fault in list(self.planned):
            if (fault.vendor and fault.vendor != vendor) or not re.search(fault.path, place):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            found.append(fault)
            if fault.times == 1:
                self.planned.remove(fault)
            elif fault.times > 1:
                fault.times -= 1
        self.hits += len(found)
        return found


def bent(fault: Fault, body: bytes) -> bytes:
    """A JSON body as the fault makes it; other bodies stay as they are."""
    if fault.kind == "malformed":
        return body[: max(1, len(body) // 2)]
    if fault.kind == "html":
        return b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
    if fault.kind == "empty":
        return b""
    change = _CHANGES.get(fault.kind)
    if change is None:
        return body
    try:
        content = json.loads(body)
    except ValueError:
        return body
    return json.dumps(change(content, fault.value), ensure_ascii=False).encode()


def _objects(content: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(content, dict):
        return change({key: _objects(value, change) for key, value in content.items()})
    if isinstance(content, list):
        return [_objects(each, change) for each in content]
    return content


def _drop(content: Any, key: str) -> Any:
    return _objects(content, lambda found: {name: value for name, value in found.items() if name != key})


def _null(content: Any, key: str) -> Any:
    return _objects(content, lambda found: {name: None if name == key else value for name, value in found.items()})


def _extra(content: Any, _value: str) -> Any:
    new = {"xNewField": "new", "xNewObject": {"a": [1, {"b": None}]}, "xNewList": [{"c": 1}], "xNewNumber": 1.5}
    return _objects(content, lambda found: {**found, **new})


def _huge(content: Any, _value: str) -> Any:
    def change(found: dict[str, Any]) -> dict[str, Any]:
        return {name: _enlarged(value) if _IDS.search(name) else value for name, value in found.items()}

    return _objects(content, change)


def _enlarged(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value * HUGE
    if isinstance(value, list):
        return [_enlarged(each) for each in value]
    return value


def _twice(content: Any, _value: str) -> Any:
    if isinstance(content, dict):
        return {key: _twice(value, "") for key, value in content.items()}
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [*content, content[0]]
    return content


def _times(content: Any, spelling: str) -> Any:
    def spelled(value: Any) -> Any:
        if isinstance(value, str) and (found := _TIME.match(value)):
            return found[1] + {"zoneless": "", "offset": "+00:00", "long": ".1234567Z"}.get(spelling, "Z")
        return value

    return _objects(content, lambda found: {name: spelled(value) for name, value in found.items()})


def _zero(content: Any, _value: str) -> Any:
    if isinstance(content, list):
        return [] if content and isinstance(content[0], dict) else content
    if isinstance(content, dict):
        return {
            key: 0
            if isinstance(value, int) and not isinstance(value, bool) and _COUNTS.search(key)
            else _zero(value, "")
            for key, value in content.items()
        }
    return content


def _foreign(content: Any, host: str) -> Any:
    def moved(value: Any) -> Any:
        if isinstance(value, str) and value.startswith(("https://", "http://")) and "?" in value:
            return re.sub(r"^https?://[^/]+", f"https://{host or 'pages.evil.example'}", value)
        return value

    return _objects(content, lambda found: {name: moved(value) for name, value in found.items()})


_CHANGES: dict[str, Callable[[Any, str], Any]] = {
    "drop": _drop,
    "null": _null,
    "extra": _extra,
    "huge": _huge,
    "twice": _twice,
    "times": _times,
    "zero": _zero,
    "foreign": _foreign,
}
