"""The database: engine, column types for exact decimals and aware times, and the one way to open a transaction.

Transactions are opened and committed at the edge (one event, one request, one task); services flush at most.
On PostgreSQL each transaction states its workspace, which row-level security checks as a second fence.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as _OrmSession
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from rcx_app.core import log
from rcx_app.core.context import Context
from rcx_app.core.money import from_micros, to_micros
from rcx_app.core.settings import settings

_engines: dict[str, Engine] = {}
_lock = threading.Lock()
_PATIENCE_S = 30.0
_RECYCLE_S = 600
_LOOKED_AT = 100_000
"""So many entries of each index SQLite looks at for its statistics: 0.15 s for 100,000 seats and as many findings. With
fewer it takes columns of few values for much more telling than they are."""
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-65536",
    # Sorting and joining half a million rows must not cost their size in memory.
    "temp_store=FILE",
)


class Micros(TypeDecorator[Decimal]):
    """An exact decimal kept as an integer of millionths."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_micros(Decimal(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else from_micros(int(value))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, in UTC. A naive one is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone can't be stored")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def engine(url: str | None = None) -> Engine:
    """The engine of this process for `url` (default: the settings'), made once."""
    address = url or settings().sqlalchemy_url
    with _lock:
        if address not in _engines:
            _engines[address] = make_engine(address)
        return _engines[address]


def make_engine(address: str) -> Engine:
    """A new engine. SQLite: write-ahead log, foreign keys on, 30 s of patience for another writer."""
    if address.startswith("sqlite"):
        made = create_engine(
            address,
            json_serializer=as_json,
            connect_args={"timeout": _PATIENCE_S, "check_same_thread": False},
            # An open connection never hears of new statistics.
            pool_recycle=_RECYCLE_S,
        )
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    return create_engine(address, json_serializer=as_json, pool_pre_ping=True, pool_size=5, max_overflow=15)


def keep_statistics() -> None:
    """Let SQLite know how much its indices narrow; without, it takes every one to narrow alike, and reads all findings
    of a month to find fifty. PostgreSQL looks by itself. In a transaction of its own; left out where others write."""
    if engine().dialect.name != "sqlite":
        return
    try:
        with transaction(None, patience_s=1.0) as session:
            session.execute(text(f"PRAGMA analysis_limit={_LOOKED_AT}"))
            session.execute(text("ANALYZE"))
    except OperationalError:
        log.get("database").info("statistics_not_kept")


def dispose_engines() -> None:
    """Close all pooled connections (after a fork, and between tests)."""
    with _lock:
        for made in _engines.values():
            made.dispose()
        _engines.clear()


@contextmanager
def transaction(
    context: Context | None, *, url: str | None = None, read_only: bool = False, patience_s: float = _PATIENCE_S
) -> Iterator[Session]:
    """One unit of work: commits at the end, rolls back on any error, then runs what waits for the commit.

    `context` None is the system's own work across workspaces (sign-in, sweeps): on PostgreSQL it lifts the row fence.
    `read_only` on SQLite keeps the transaction from taking the write lock.
    `patience_s`: how long to wait for another's lock before sqlalchemy's OperationalError; for writes that may be left
    out, such as a job's progress.
    """
    info = {"read_only": read_only, "patience_s": patience_s}
    with Session(engine(url), expire_on_commit=False, info=info) as session:
        _state_workspace(session, context)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
    for call in session.info.get("after_commit", ()):
        call()


def _state_workspace(session: Session, context: Context | None) -> None:
    patience_ms = int(session.info["patience_s"] * 1000)
    options = {"rcx_read_only": session.info["read_only"], "rcx_patience_ms": patience_ms}
    connection = session.connection(execution_options=options)
    if connection.dialect.name == "postgresql":
        if session.info["patience_s"] < _PATIENCE_S:
            connection.execute(text("SELECT set_config('lock_timeout', :ms, true)"), {"ms": f"{patience_ms}ms"})
        scope = "system" if context is None else str(context.workspace_id)
        connection.execute(text("SELECT set_config('rcx.workspace', :scope, true)"), {"scope": scope})


def rows_met(session: _OrmSession, statement: Executable) -> int:
    """Run an UPDATE or DELETE and return how many rows it met."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def after_commit(session: _OrmSession, call: Any) -> None:
    """Run `call()` once the session's transaction has been committed; never if it was not."""
    session.info.setdefault("after_commit", []).append(call)


def as_json(value: Any) -> str:
    """`value` as the database keeps it: decimals as text, times in UTC."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_json_default)


def _json_default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be stored as JSON")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late to protect reads, so transactions are begun by `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads and later writes could never be retried by SQLite's own wait: take the lock at once.
    options = connection.get_execution_options()
    read_only = options.get("rcx_read_only", False)
    patience_ms = options.get("rcx_patience_ms", _PATIENCE_S * 1000)
    if connection.info.get("rcx_patience_ms") != patience_ms:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience_ms)}")
        connection.info["rcx_patience_ms"] = patience_ms
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
