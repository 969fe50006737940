"""Who the handler that runs in this task runs for. The guard sets it; handlers and the base state ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rcx_app.core import clock, log
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotSignedIn
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity import service
from rcx_app.domain.identity.schemas import SESSION_HEADER, Identity
from rcx_app.domain.identity.sessions import SEEN_EVERY

# A handler that works for long (a background poll) looks again whether its session is still alive.
_RECHECK_S = 2.0


@dataclass
class _Caller:
    identity: Identity
    permission: Permission
    checked_at: float = field(default_factory=time.monotonic)


_caller: ContextVar[_Caller | None] = ContextVar("rcx_caller", default=None)


def set_caller(identity: Identity, permission: Permission) -> None:
    """From here on this task works for `identity`, as far as `permission` goes."""
    _caller.set(_Caller(identity, permission))


def forget_caller() -> None:
    _caller.set(None)


async def current_identity() -> Identity:
    """Who this handler runs for, as of (almost) now. Raises NotSignedIn, NotPermitted as soon as that has changed."""
    caller = _caller.get()
    if caller is None:
        raise NotSignedIn()
    if time.monotonic() - caller.checked_at > _RECHECK_S:
        found = await _live(caller.identity.session_id)
        found.context.require(caller.permission)
        caller.identity, caller.checked_at = found, time.monotonic()
    return caller.identity


async def who_asks(router_data: Mapping[str, Any]) -> Identity:
    """The live identity behind a socket; the gate (`rcx_app.web.socket`) wrote its session's id into the headers.

    Asked at every event and never cached, so that a revoked session or a changed role counts at once.
    """
    session_id = router_data.get("headers", {}).get(SESSION_HEADER, "")
    if not session_id.isdecimal():
        raise NotSignedIn()
    return await _live(int(session_id))


async def _live(session_id: int) -> Identity:
    found = await asyncio.to_thread(_resolve, session_id)
    if found is None:
        raise NotSignedIn("Your session has ended.")
    _note_use(session_id)
    return found


def _resolve(session_id: int) -> Identity | None:
    with transaction(None, read_only=True) as session:
        return service.resolve_id(session, session_id)


_seen: dict[int, float] = {}
_writing: set[asyncio.Task[None]] = set()


def _note_use(session_id: int) -> None:
    """Write "last seen" at most once in `SEEN_EVERY` and process, beside the event and not before it."""
    at = clock.now().timestamp()
    if at - _seen.get(session_id, 0.0) < SEEN_EVERY.total_seconds():
        return
    if len(_seen) > 10_000:
        _seen.clear()
    _seen[session_id] = at
    task = asyncio.create_task(asyncio.to_thread(_touch, session_id))
    _writing.add(task)
    task.add_done_callback(_writing.discard)


def _touch(session_id: int) -> None:
    try:
        with transaction(None, patience_s=1.0) as session:
            service.touch(session, session_id)
    except Exception as error:
        # The person's own work must not fail because a busy database did not take this note; the next one comes soon.
        log.get("session").warning("last_seen_not_written", session_id=session_id, error=type(error).__name__)
