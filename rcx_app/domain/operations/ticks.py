"""When scheduled work was last looked for: a time in Redis, written once a minute by whoever looks.

It says that scheduler and workers are there, since one asks and the other does it. Without Redis it is silently absent,
but then there are no workers either.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import redis

from rcx_app.core import clock
from rcx_app.core.settings import settings

_KEY = "rcx:schedules-looked-at"
_TIMEOUT_S = 0.25


def note() -> None:
    """Say that it was looked for now. A Redis that does not answer is nobody's concern here."""
    url = settings().redis_url
    if not url:
        return
    try:
        _client(url).set(_KEY, clock.now().isoformat())
    except redis.RedisError:
        return


def last(url: str = "") -> datetime | None:
    """The last time, from the Redis at `url` (default: the settings'); None: never, or Redis does not answer."""
    address = url or settings().redis_url
    if not address:
        return None
    try:
        said = _client(address).get(_KEY)
    except redis.RedisError:
        return None
    return clock.parse(said) if isinstance(said, str) else None


@lru_cache(maxsize=2)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )
