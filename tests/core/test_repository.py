"""What several parts of a page ask for is read once, and never kept where something could change it."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.repository import Repository
from tests.conftest import World


def _asked(session: Session, context: Context) -> list[int]:
    """What two repositories get that ask for the same, by how often it was read."""
    times = iter(range(10))
    return [Repository(session, context).once("numbers", lambda: next(times)) for _ in range(2)]


def test_a_transaction_that_reads_asks_once_for_each_workspace(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert _asked(session, sqlite_world.ours) == [0, 0]
        assert Repository(session, sqlite_world.theirs).once("numbers", lambda: 7) == 7
        assert Repository(session, sqlite_world.ours).once("others", lambda: 8) == 8
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert Repository(session, sqlite_world.ours).once("numbers", lambda: 9) == 9


def test_a_transaction_that_writes_asks_each_time(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours) as session:
        assert _asked(session, sqlite_world.ours) == [0, 1]
