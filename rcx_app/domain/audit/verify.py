"""Whether chains hold: all of one, event by event in constant memory, or only its newest page.

A chain says of itself that nothing in it was changed. Somebody who can write to the database and drops its triggers
could also make a whole chain anew; only a hash that was kept elsewhere tells that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit.chain import START, chained
from rcx_app.domain.audit.repository import ChainRepository, chains
from rcx_app.domain.audit.schemas import Break, ChainState, KeptEvent

PAGE = 50
"""How many of the newest events `newest` looks at."""


def chain_ids(session: Session) -> list[int | None]:
    """Every chain of this installation, the one without a workspace as None. Needs a transaction of the system."""
    return chains(session)


def whole(session: Session, workspace_id: int | None, expected: Collection[str] = ()) -> ChainState:
    """Check a chain from its first event to its head."""
    return _walk(session, workspace_id, 0, START, expected)


def newest(session: Session, context: Context) -> ChainState:
    """Check the last page of this workspace's chain. Raises NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    end = ChainRepository(session, context.workspace_id).end()
    number = max(0, end[0] - PAGE) if end is not None else 0
    return _walk(session, context.workspace_id, number, START if number == 0 else None, ())


@dataclass(slots=True)
class _Walk:
    """Where the check stands: the number and hash of the last event that was right, and the hash before that."""

    number: int
    hash: str | None
    before: str | None = None
    checked: int = 0
    last_at: datetime | None = None
    met: set[str] = field(default_factory=set)


def _walk(
    session: Session, workspace_id: int | None, number: int, start: str | None, expected: Collection[str]
) -> ChainState:
    """From the event after `number`, whose hash is `start` (None: unknown, so the next one's word is taken)."""
    repository = ChainRepository(session, workspace_id)
    at = _Walk(number, start)
    end: tuple[int, str] | None = None
    broken: Break | None = None
    # Below the first event nothing is left out: what stands there under an absurd number is found as well.
    with closing(repository.rows(above=number if number else -(2**62))) as rows:
        for head_number, head_hash, event in rows:
            end = (head_number, head_hash)
            if event is None or (broken := _step(repository, at, event)) is not None:
                break
            if event.hash in expected:
                at.met.add(event.hash)
    broken = broken or _look_at_end(repository, at, end)
    return ChainState(
        workspace_id=workspace_id,
        checked=at.checked,
        head=at.hash or START,
        last_at=at.last_at,
        met=frozenset(at.met),
        broken=broken,
    )


def _step(repository: ChainRepository, at: _Walk, event: KeptEvent) -> Break | None:
    """Go on by one event where it is right; else what is wrong with it."""
    if at.hash is None:
        at.hash = event.previous_hash
    if (broken := _look(repository, at, event)) is not None:
        return broken
    at.before, at.hash, at.number = at.hash, event.hash, event.number
    at.checked, at.last_at = at.checked + 1, event.created_at
    return None


def _look(repository: ChainRepository, at: _Walk, event: KeptEvent) -> Break | None:
    """What is wrong with `event` as the one after `at`, if anything is."""
    due = at.number + 1
    assert at.hash is not None
    if event.number > due:
        return _gone(due, event.number - 1)
    if event.number < due:
        return Break(number=event.number, kind="inserted", said=f"Event {event.number} was put in beside the chain.")
    is_own = chained(event.previous_hash, event) == event.hash
    if is_own and event.previous_hash == at.hash:
        return None
    if is_own:
        return _cut(at, event)
    if (once := _number_once(repository, event)) is not None:
        if repository.follows(at.hash, above=due):
            return Break(number=due, kind="reordered", said=f"Event {due} was written as number {once}.")
        return Break(number=due, kind="missing", said=f"Event {due} is gone; the one there was number {once}.")
    if repository.follows(at.hash, above=due):
        return Break(number=due, kind="inserted", said=f"Event {due} was put in between the others.")
    return Break(number=due, kind="changed", said=f"Event {due} does not say what it said when it was written.")


def _cut(at: _Walk, event: KeptEvent) -> Break:
    """`event` is as it was written, but not after what stands before it now."""
    if at.number and event.previous_hash == at.before:
        return Break(number=at.number, kind="inserted", said=f"Event {at.number} was put in between the others.")
    if at.number:
        return Break(number=at.number, kind="changed", said=f"Event {at.number} is not the one that was written there.")
    return Break(number=event.number, kind="changed", said="The first event is not the one that was written there.")


def _look_at_end(repository: ChainRepository, at: _Walk, end: tuple[int, str] | None) -> Break | None:
    """Whether the chain ends where its head says."""
    if end is None:
        if repository.has_events():
            return Break(number=1, kind="missing", said="The chain's head is gone.")
        return None
    if end[0] > at.number:
        return _gone(at.number + 1, end[0])
    if end[0] < at.number:
        return Break(number=end[0] + 1, kind="inserted", said=f"Event {end[0] + 1} stands after the chain's end.")
    if end[1] != (at.hash or START) and at.checked:
        return Break(number=at.number, kind="changed", said=f"Event {at.number} is not the one that the head names.")
    return None


def _gone(first: int, last: int) -> Break:
    said = f"Event {first} is gone." if first == last else f"Events {first} to {last} are gone."
    return Break(number=first, kind="missing", said=said)


def _number_once(repository: ChainRepository, event: KeptEvent) -> int | None:
    """The number under which `event` was written, where it was moved but not changed otherwise."""
    end = repository.end()
    return next(_fitting(event, end[0] + 1 if end is not None else event.number), None)


def _fitting(event: KeptEvent, last: int) -> Iterator[int]:
    for number in range(1, last + 1):
        if chained(event.previous_hash, event, number=number) == event.hash:
            yield number
