"""Runs migrations against the address in the settings, or the one given with ``-x url=...`` or in the attributes."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import AutoString, SQLModel

import rcx_app.models  # noqa: F401 - registers every table
from rcx_app.core.db import Micros, UtcDateTime, make_engine
from rcx_app.core.settings import settings

_PLAIN = {Micros: "sa.BigInteger()", UtcDateTime: "sa.DateTime(timezone=True)", AutoString: "sa.String()"}


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write column types without RCX's own classes, so that an old migration never changes its meaning."""
    if kind != "type":
        return False
    if isinstance(item, JSONB):
        return "postgresql.JSONB()"
    return _PLAIN.get(type(item), False)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # A migration that can't get its lock fails fast instead of queueing every query behind it.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    engine = make_engine(context.get_x_argument(as_dictionary=True).get("url") or settings().sqlalchemy_url)
    with engine.connect() as opened:
        _migrate(opened)
        opened.commit()
    engine.dispose()
