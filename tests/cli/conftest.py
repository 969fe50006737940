"""Fixtures of the command line's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from rcx_app.core.db import dispose_engines
from tests.jobs.conftest import start_worker

__all__ = ["start_worker"]


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """A database on the test's PostgreSQL that has no tables yet."""
    name = f"e{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres}/{name}"
        dispose_engines()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
