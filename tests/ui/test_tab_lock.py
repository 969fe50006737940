"""A tab's lock is given back when a page is left while it still loads, so that the next one need not wait."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken

from rcx_app.ui.base import AppState

pytestmark = pytest.mark.redis

TOKEN = BaseStateToken(ident="a-tab", cls=AppState)
# Much less than a lock takes to expire.
SOON_S = 5


class Slow(Redis):
    """Redis whose first lock is taken at once, while the answer that it is stays on its way until `arrives`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.is_taken, self.arrives = asyncio.Event(), asyncio.Event()

    async def set(self, *given: Any, **options: Any) -> Any:
        answer = await super().set(*given, **options)
        self.is_taken.set()
        await self.arrives.wait()
        return answer


async def hold(manager: StateManagerRedis) -> None:
    async with manager._lock(TOKEN):
        pass


async def leave_while_it_is_taken(url: str, *, others: int) -> None:
    """Cancel what is just getting the lock; those behind it get it all the same."""
    redis = Slow.from_url(url)
    manager = StateManagerRedis(redis=redis)
    try:
        left = asyncio.create_task(hold(manager))
        await redis.is_taken.wait()
        waiting = [asyncio.create_task(hold(manager)) for _ in range(others)]
        await asyncio.sleep(0)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        redis.arrives.set()
        async with asyncio.timeout(SOON_S):
            await asyncio.gather(*waiting)
            await hold(manager)
        assert await redis.exists(manager._lock_key(TOKEN)) == 0
    finally:
        await manager.close()


@pytest.mark.parametrize("others", [0, 1, 3])
def test_what_is_cancelled_while_it_gets_the_lock_gives_it_back(redis_url: str, others: int) -> None:
    import rcx_app.rcx_app  # noqa: F401  (the application takes its locks so)

    asyncio.run(leave_while_it_is_taken(redis_url, others=others))
