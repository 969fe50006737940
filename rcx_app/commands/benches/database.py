"""The database of a benchmark: an empty PostgreSQL that the settings name, else an SQLite of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcx_app.commands import migrate
from rcx_app.core.db import dispose_engines
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings


@contextmanager
def database() -> Iterator[str]:
    """The name of the kind of database. SQLite lives in a folder of its own for as long as this takes."""
    if settings().sqlalchemy_url.startswith("postgresql"):
        if migrate.current():
            raise Unavailable(
                "The database is not empty.", remedy="Give the benchmark an empty one by RCX_DATABASE_URL."
            )
        yield "PostgreSQL"
        return
    with tempfile.TemporaryDirectory(prefix="rcx-bench-") as folder:
        before = settings().model_copy()
        settings().database_url = f"sqlite:///{Path(folder) / 'bench.db'}"
        try:
            yield "SQLite"
        finally:
            dispose_engines()
            settings().database_url = before.database_url
