"""The servers behind RCX: the database with its role, version and clock, and Redis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import redis as client
from sqlalchemy import text
from sqlmodel import Session

from rcx_app.commands import migrate, own_redis
from rcx_app.commands.checks.finding import Finding, Place
from rcx_app.core import clock
from rcx_app.core.db import engine, transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

_FULL = 0.8
_SKEW_NOTED = timedelta(seconds=5)
_SKEW_HARMFUL = timedelta(seconds=30)
_PATIENCE_S = 3.0


def database(_: Place) -> Iterator[Finding]:
    """Whether it answers, what it is, and whether row-level security binds our role."""
    at = migrate.current()
    with transaction(None, read_only=True) as session:
        if engine().dialect.name == "postgresql":
            yield from _postgresql(session)
        else:
            version = session.execute(text("SELECT sqlite_version()")).scalar_one()
            yield Finding("database", "ok", f"SQLite {version}; one machine, one writer at a time")
    wanted = migrate.head()
    if at == wanted:
        yield Finding("migrations", "ok", f"at {at}")
    else:
        said = f"The database is at {at or 'no version'}, this version needs {wanted}."
        yield Finding("migrations", "failed", said, "Run `rcx migrate`.")


def _postgresql(session: Session) -> Iterator[Finding]:
    version = session.execute(text("SHOW server_version")).scalar_one()
    size = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    allowed = int(session.execute(text("SHOW max_connections")).scalar_one())
    used = session.execute(
        text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    ).scalar_one()
    said = f"PostgreSQL {version}, {size / 1e9:,.2f} GB; {used} of {allowed} connections in use"
    if used > _FULL * allowed:
        yield Finding(
            "database", "warning", said, "Raise max_connections, or run fewer processes: each takes up to 20."
        )
    else:
        yield Finding("database", "ok", said)
    query = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    role, is_free = session.execute(query).one()
    if is_free:
        said = f"The role {role} is a superuser or bypasses row-level security, so that nothing fences workspaces off."
        yield Finding("role", "failed", said, "Use a role that owns the database and has neither right.")
    else:
        yield Finding("role", "ok", f"row-level security binds {role}")


def clocks(place: Place) -> Iterator[Finding]:
    """How far this machine's clock is from those of the servers."""
    told: dict[str, timedelta] = {}
    if engine().dialect.name == "postgresql":
        with transaction(None, read_only=True) as session:
            before = clock.now()
            at = session.execute(text("SELECT clock_timestamp()")).scalar_one()
            told["the database"] = _against(at, before)
    if place.redis_url:
        with _connected(place.redis_url) as server:
            before = clock.now()
            seconds, micros = server.time()
            told["Redis"] = _against(datetime.fromtimestamp(seconds + micros / 1e6, UTC), before)
    if not told:
        yield Finding("clock", "ok", "this machine's, and nobody else's")
        return
    remedy = "Have all machines keep time by NTP: jobs, sessions and schedules are told apart by it."
    for name, off in told.items():
        said = f"{off.total_seconds():.1f} s apart from that of {name}"
        if off <= _SKEW_NOTED:
            yield Finding("clock", "ok", said)
        else:
            yield Finding("clock", "failed" if off > _SKEW_HARMFUL else "warning", said, remedy)


def _against(told: datetime, before: datetime) -> timedelta:
    """How far a clock is off that was read between `before` and now: not at all where it may lie between."""
    after = clock.now()
    return max(before - told, told - after, timedelta())


def redis(place: Place) -> Iterator[Finding]:
    """Whether it answers, and may not throw away what it holds."""
    if not place.redis_url:
        program = own_redis.find()
        yield Finding("redis", "ok", f"not running; `rcx up` starts {program.path} ({program.version})")
        return
    where = "at REDIS_URL" if settings().redis_url else "started by `rcx up`"
    try:
        with _connected(place.redis_url) as server:
            server.ping()
            version = server.info("server")["redis_version"]
            memory = server.info("memory")
    except client.RedisError as error:
        raise Unavailable(
            f"The Redis of REDIS_URL does not answer ({type(error).__name__}).", remedy="Start it or correct REDIS_URL."
        ) from error
    policy, limit = memory.get("maxmemory_policy", "unknown"), int(memory.get("maxmemory", 0))
    said = f"version {version} {where}, {memory['used_memory'] / 1e6:,.0f} MB used, policy {policy}"
    if policy != "noeviction" and limit:
        said += f" at {limit / 1e6:,.0f} MB"
        yield Finding(
            "redis", "failed", said, "Set maxmemory-policy to noeviction: others drop sessions and vendors' budgets."
        )
    else:
        yield Finding("redis", "ok", said)


def _connected(url: str) -> client.Redis:
    return client.Redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S, retry=None)
