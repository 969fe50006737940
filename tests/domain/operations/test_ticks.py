"""The scheduler's sign of life: left by the task that looks for due syncs, and silent without Redis."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.settings import settings
from rcx_app.domain.operations import ticks
from tests.conftest import World


def test_looking_for_due_syncs_leaves_the_time(world: World, redis_url: str) -> None:
    assert ticks.last() is None
    for ago in (timedelta(minutes=3), timedelta()):
        with clock.frozen(clock.now() - ago):
            tasks.start_syncs()
            assert ticks.last() == clock.now()
    assert ticks.last(redis_url) == ticks.last()


def test_a_redis_that_is_away_stops_nothing(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("", "redis://127.0.0.1:1"):
        monkeypatch.setenv("REDIS_URL", url)
        settings.cache_clear()
        tasks.start_syncs()
        assert ticks.last() is None
