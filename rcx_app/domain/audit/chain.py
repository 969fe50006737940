"""How events become a chain: what is hashed, and the one place that numbers them, when their transaction commits.

Events wait in the session and are written as the last thing before the commit. So the end of the chain is locked for
three statements only, it is the last lock that a transaction takes (no two can wait for each other), and whatever
fails before leaves neither event nor gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import SessionTransaction

from rcx_app.domain.audit.repository import ChainRepository
from rcx_app.domain.audit.schemas import Content
from rcx_app.models import AuditEvent

_WAITING = "audit_waiting"
START = ""
"""What stands for the hash before the first event."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event, and the transactions (savepoints and the whole) that it goes down with."""

    event: AuditEvent
    within: tuple[SessionTransaction, ...]


def chained(previous_hash: str, event: Content, *, number: int | None = None) -> str:
    """The hash of `event` as the successor of `previous_hash`, as number `number` (default: its own).

    SHA-256 over the predecessor's hash, a line feed, and the content as JSON with sorted keys and ASCII only. A number
    without fraction counts as whole (PostgreSQL keeps 1e22 and its digits as one value). Raises ValueError for NaN.
    """
    content = {
        "workspace": event.workspace_id,
        "number": event.number if number is None else number,
        "at": _at(event.created_at),
        "user": event.user_id,
        "tag": event.tag,
        "subject": [event.subject_type, event.subject_id],
        "detail": _plain(event.detail),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()


def append_at_commit(session: OrmSession, added: AuditEvent) -> None:
    """Let `added` be written when the session commits; it goes with the savepoint or transaction that it is part of."""
    if _WAITING not in session.info:
        session.info[_WAITING] = []
        event.listen(session, "before_commit", _append)
        event.listen(session, "after_soft_rollback", _forget)
    current: SessionTransaction | None = session.get_nested_transaction() or session.get_transaction()
    current = current or session.begin()
    within = []
    while current is not None:
        within.append(current)
        current = current.parent
    session.info[_WAITING].append(_Waiting(added, tuple(within)))


def _append(session: OrmSession) -> None:
    # A savepoint's release says the same as a commit, but commits nothing.
    if not session.info[_WAITING] or session.in_nested_transaction():
        return
    waiting: list[_Waiting] = session.info[_WAITING]
    session.info[_WAITING] = []
    chains: dict[int | None, list[AuditEvent]] = {}
    for each in waiting:
        chains.setdefault(each.event.workspace_id, []).append(each.event)
    # All other writes first: nothing else shall be waited for while a chain is held.
    session.flush()
    for workspace_id in sorted(chains, key=lambda each: each or 0):
        _lengthen(ChainRepository(session, workspace_id), chains[workspace_id])


def _lengthen(repository: ChainRepository, events: Sequence[AuditEvent]) -> None:
    number, previous = repository.lock_head()
    for added in events:
        number += 1
        added.number, added.previous_hash = number, previous
        previous = added.hash = chained(previous, added)
    repository.append(events, number, previous)


def _forget(session: OrmSession, ended: SessionTransaction) -> None:
    session.info[_WAITING] = [each for each in session.info[_WAITING] if ended not in each.within]


def _at(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(Decimal(repr(value))) if isinstance(value, float) and value.is_integer() else value
