"""Gives a tab's lock back when whoever asked for it is cancelled meanwhile. How states are kept is Reflex's own.

Leaving a page cancels what it still loads. Reflex 0.10.1 asks Redis for the tab's lock outside the part that gives it
back, so a cancellation that falls between the question and its answer leaves a lock that nobody holds: whatever the
person does next then waits for it to expire, 10 s.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from redis.exceptions import RedisError
from reflex.istate.manager.redis import OplockFound, StateManagerRedis

_wait = StateManagerRedis._wait_lock
# A task that nobody refers to may be collected before it ends.
_ending: set[asyncio.Task[None]] = set()


def install() -> None:
    """Let Reflex take its locks so from now on."""
    # On purpose: Reflex has no setting and no hook for it.
    StateManagerRedis._wait_lock = _wait_or_give_back  # type: ignore[method-assign]


async def _wait_or_give_back(manager: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> None:
    """Returns once the lock is held. Raises OplockFound as Reflex's own does."""
    taking = asyncio.create_task(_wait(manager, lock_key, lock_id))
    try:
        await asyncio.shield(taking)
    except asyncio.CancelledError:
        ending = asyncio.create_task(_give_back(manager, lock_key, taking))
        _ending.add(ending)
        ending.add_done_callback(_ending.discard)
        raise


async def _give_back(manager: StateManagerRedis, lock_key: bytes, taking: asyncio.Task[None]) -> None:
    # Without Redis there is nothing to give back, and the lock expires.
    with suppress(OplockFound, RedisError):
        await taking
        await manager.redis.delete(lock_key)
        manager._notify_next_waiter(lock_key)
