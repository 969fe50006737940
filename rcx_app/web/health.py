"""Whether this process lives, and whether the parts it needs answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from redis import asyncio as aioredis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings

_PATIENCE_S = 3.0


async def healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def readyz(_request: Request) -> JSONResponse:
    """200 when database and Redis (if configured) answer, else 503; says which, never why."""
    parts = {"database": await _within(asyncio.to_thread(_database))}
    if settings().redis_url:
        parts["redis"] = await _within(_redis())
    ready = all(parts.values())
    words = {name: "ok" if works else "down" for name, works in parts.items()}
    return JSONResponse({"status": "ok" if ready else "down", **words}, 200 if ready else 503)


async def _within(check: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(check, _PATIENCE_S)
    except (TimeoutError, OSError, RedisError, SQLAlchemyError):
        return False


def _database() -> bool:
    # Opening a transaction asks the server (pool_pre_ping, BEGIN); no table is needed to know that it answers.
    with transaction(None, read_only=True):
        return True


async def _redis() -> bool:
    async with aioredis.Redis.from_url(settings().redis_url, socket_connect_timeout=_PATIENCE_S) as client:
        return int(await client.exists("rcx:readiness")) == 0


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz)]
