"""How storage form (see `rows`) becomes typed columns inside SQL on both databases; builds expressions, runs none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Text, cast, func, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from rcx_app.core.db import Micros, UtcDateTime


def text_at(payload: Any, key: str, dialect: str) -> Any:
    """The text under `key` of a staged payload."""
    if dialect == "postgresql":
        return type_coerce(payload, JSONB)[key].astext
    return func.json_extract(payload, f'$."{key}"')


def value_at(payload: Any, key: str, column_type: Any, dialect: str) -> Any:
    """The value under `key` as the column's stored type, past Python's own conversions."""
    text = text_at(payload, key, dialect)
    if dialect != "postgresql":
        # SQLite stores numbers, times and JSON exactly as the storage form writes them.
        return text
    if isinstance(column_type, JSON):
        return type_coerce(payload, JSONB)[key]
    if isinstance(column_type, Micros | BigInteger):
        return cast(text, BigInteger)
    if isinstance(column_type, UtcDateTime | DateTime):
        return cast(text + "+00", TIMESTAMP(timezone=True))
    if isinstance(column_type, Date):
        return cast(text, Date)
    if isinstance(column_type, Boolean):
        return cast(text, Boolean)
    return cast(text, Text)
