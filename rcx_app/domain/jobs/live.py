"""The live side of running jobs, in Redis: that the worker breathes, and how far it is.

The row is the truth. This is the part that must not wait: on SQLite a job that holds the write lock for its data
can't have its progress written to the row by anybody. Without Redis all of this is silently absent.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from functools import lru_cache

import redis

from rcx_app.core.settings import settings

_TIMEOUT_S = 0.25
_REST_S = 5.0
_resting_until = 0.0


@dataclass(frozen=True, slots=True)
class Live:
    """How far the worker of `attempt` is."""

    attempt: int
    done: int = 0
    total: int = 0
    note: str = ""


def show(job_id: int, live: Live) -> None:
    """Say that the job lives; it holds until the job counts as dead."""
    _call("set", _key(job_id), json.dumps(asdict(live)), px=int(settings().job_dead_after_s * 1000))


def read(job_id: int) -> Live | None:
    """What was said last, or None: nothing, or Redis does not answer."""
    raw = _call("get", _key(job_id))
    return Live(**json.loads(raw)) if isinstance(raw, str) else None


def forget(job_id: int) -> None:
    """The job has ended."""
    _call("delete", _key(job_id))


def _key(job_id: int) -> str:
    return f"rcx:job:{job_id}"


def _call(name: str, *args: object, **options: object) -> object:
    # A Redis that is down must not slow every page and every heartbeat: after a failure it is left alone for a while.
    global _resting_until
    url = settings().redis_url
    if not url or time.monotonic() < _resting_until:
        return None
    try:
        return getattr(_client(url), name)(*args, **options)
    except redis.RedisError:
        _resting_until = time.monotonic() + _REST_S
        return None


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )
