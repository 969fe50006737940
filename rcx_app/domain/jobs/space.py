"""A database that has no room left: how that is recognised, and what a person is told of it."""

from __future__ import annotations

import sqlite3

MESSAGE = "The disk with RCX's database is full."
REMEDY = "Nothing was changed. Free space on that disk or give the database a larger one, then try again."
_POSTGRES_DISK_FULL = "53100"


def is_used_up(error: BaseException) -> bool:
    """Whether a statement failed since nothing more can be written: SQLite's SQLITE_FULL, PostgreSQL's disk_full."""
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL:
        return True
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
