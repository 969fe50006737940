"""What the audit slice takes and hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which entries are asked for; what is left out filters nothing.

    `tags` are beginnings of tags, any of which will do; `by_system` asks for what nobody in person did. `since` is
    included, `before` is not.
    """

    tags: tuple[str, ...] = ()
    user_id: int | None = None
    by_system: bool = False
    subject_type: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did. `user_id` None: RCX itself did it. `number` counts within the workspace."""

    entry_id: int
    number: int
    at: datetime
    user_id: int | None
    user_name: str
    tag: str
    subject_type: str
    subject_id: int | None
    detail: dict[str, Any]
    hash: str


class Content(Protocol):
    """What of an event is hashed: all of it but its id and its hashes."""

    @property
    def workspace_id(self) -> int | None: ...
    @property
    def number(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def user_id(self) -> int | None: ...
    @property
    def tag(self) -> str: ...
    @property
    def subject_type(self) -> str: ...
    @property
    def subject_id(self) -> int | None: ...
    @property
    def detail(self) -> dict[str, Any]: ...


class KeptEvent(NamedTuple):
    """An event as it lies in the table, light enough for a million of them."""

    workspace_id: int | None
    number: int
    created_at: datetime
    user_id: int | None
    tag: str
    subject_type: str
    subject_id: int | None
    detail: dict[str, Any]
    previous_hash: str
    hash: str


Kind = Literal["changed", "missing", "inserted", "reordered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place where a chain does not hold. `number`: the event that it happened to."""

    number: int
    kind: Kind
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What a check of a chain found. `workspace_id` None: the chain of the events without a workspace.

    `checked` events were read, the newest of them was written at `last_at` and has `head` as its hash. `met` are those
    of the expected hashes that an event of the chain bears. `broken` None: it holds.
    """

    workspace_id: int | None
    checked: int
    head: str
    last_at: datetime | None
    met: frozenset[str] = frozenset()
    broken: Break | None = None
