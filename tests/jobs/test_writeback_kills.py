"""A worker that is killed while it writes: the next one finds out by reading, and nothing is written twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import World
from tests.support.kills import is_right, kill_at_request, nursery, prepared, settled
from tests.support.writeback import PSAS, psa


@pytest.mark.parametrize("vendor", [*PSAS, "connectwise-split"])
def test_a_worker_killed_at_any_request_leaves_no_double_write(
    vendor: str, sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Split: agreements prorate, so that a change is two operations.
    name, _, look = vendor.partition("-")
    with psa(sqlite_world, name, monkeypatch, clients=12) as here, nursery(tmp_path) as nurse:
        if look:
            here.prorate()
        made, job_id = prepared(here, 1)
        was_killed, requests = kill_at_request(here, nurse, job_id, 10_000)
        assert not was_killed
        assert is_right(here, settled(here, nurse, made, job_id, was_killed=False))
        write = 1 + next(number for number, each in enumerate(here.sandbox.exchanges) if each in here.sent())
        assert write <= requests
        # Before the intent, while the line is read again, as the PSA gets it, as it is read back, and at the end.
        struck = 0
        for number in (1, write - 1, write, write + 1, requests):
            made, job_id = prepared(here, 2)
            was_killed, _ = kill_at_request(here, nurse, job_id, number)
            struck += was_killed
            trial = settled(here, nurse, made, job_id, was_killed=was_killed)
            assert is_right(here, trial), (number, trial)
        assert struck >= 3  # another line may take fewer requests than the first, so that the last come too late
