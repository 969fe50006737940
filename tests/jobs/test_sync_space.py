"""A disk that is full in the middle of a sync: it says so, nothing of it takes effect, and the next one heals."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.estate.living.advance import advance
from rcx_app.core.db import transaction
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.models import Connection
from tests.conftest import World
from tests.jobs.full_worker import AT_SWITCH, PAGES
from tests.jobs.ground import Ground, standing
from tests.jobs.test_sync_faults import ends_done

pytestmark = pytest.mark.redis

ROOM = 40
"""Pages: less than a stage needs, more than words do."""
PLENTY = 100_000


@pytest.fixture
def ground(sqlite_world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with standing(sqlite_world, redis_url, tmp_path, monkeypatch) as made:
        yield made


def pages(ground: Ground) -> int:
    path = ground.world.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        (number,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    return int(number)


@pytest.mark.parametrize("at_switch", ["no", "yes"], ids=["while it stages", "at the switch"])
def test_a_full_disk_fails_the_sync_by_its_name_and_the_next_one_heals(ground: Ground, at_switch: str) -> None:
    limit = ground.folder / "pages"
    ground.start("-m", "tests.jobs.full_worker", **{PAGES: str(limit), AT_SWITCH: at_switch})
    ends_done(ground, ground.ask())
    advance(ground.sandbox.town, 60)
    before = ground.in_force()
    assert not ground.is_whole()
    compact(ground)
    limit.write_text(str(pages(ground) + (ROOM if at_switch == "no" else PLENTY)))
    job = ground.ends(ground.ask())
    assert job.state is JobState.FAILED, ground.said()
    assert job.error == (
        "Ninja: The disk with RCX's database is full. Nothing was changed. "
        "Free space on that disk or give the database a larger one, then try again."
    )
    assert ground.in_force() == before
    assert ground.staged() == 0
    assert ground.states() == ["done", "failed"]
    with transaction(ground.world.ours, read_only=True) as session:
        found = session.get_one(Connection, ground.connection_id)
        assert (found.state, found.last_failure["kind"], found.last_failure["whose"]) == (
            "failed",
            "disk_full",
            "admin",
        )
    limit.unlink()
    ends_done(ground, ground.ask())


def compact(ground: Ground) -> None:
    """Give back what the first sync has used and freed: it would be taken up before the database grows."""
    path = ground.world.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("VACUUM")
    connection.close()
