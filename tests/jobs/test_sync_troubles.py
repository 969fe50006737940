"""A vendor that fails, settings that change and a retry that comes by itself, with real workers.

What stands then, what is said, and that the next sync heals it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sandbox.estate.living.advance import advance
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.models import Connection, SyncRun
from tests.conftest import World
from tests.jobs.ground import Ground, standing
from tests.jobs.test_sync_faults import DEVICES
from tests.support.wait import eventually

pytestmark = pytest.mark.redis

DEVICES_ASKED = r"devices-detailed\?"


@pytest.fixture
def ground(world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """With a worker, and everything read once; then the estate has lived on for some weeks."""
    with standing(world, redis_url, tmp_path, monkeypatch) as made:
        made.worker()
        assert made.ends(made.ask()).state is JobState.DONE, made.said()
        assert made.is_whole()
        advance(made.sandbox.town, 40)
        assert not made.is_whole()
        yield made


def connection(ground: Ground) -> Connection:
    with transaction(ground.world.ours, read_only=True) as session:
        return session.get_one(Connection, ground.connection_id)


def heals(ground: Ground) -> None:
    """The next sync brings everything into force."""
    job = ground.ends(ground.ask())
    assert (job.state, job.result.get("failures")) == (JobState.DONE, []), job.error
    assert ground.is_whole()
    assert ground.staged() == 0
    assert (connection(ground).state, connection(ground).last_error) == ("ok", "")
    assert "running" not in ground.states()


@pytest.mark.parametrize("status", [500, 503])
def test_a_vendor_that_is_down_fails_the_sync_and_the_data_stands(ground: Ground, status: int) -> None:
    before = ground.in_force()
    ground.sandbox.faults.plan("status", status, times=0)
    job = ground.ends(ground.ask())
    assert job.state is JobState.FAILED
    assert job.error.startswith("Ninja: NinjaOne has a fault of its own.")
    assert (connection(ground).state, connection(ground).last_failure["whose"]) == ("failed", "vendor")
    ground.sandbox.faults.clear()
    assert ground.in_force() == before
    assert ground.staged() == 0
    assert ground.states() == ["done", "failed"]
    heals(ground)


def test_a_list_that_fails_leaves_its_rows_and_a_retry_heals_it_without_anybody(ground: Ground) -> None:
    seats = ground.in_force()["seats"]
    ground.sandbox.faults.plan("status", 503, path=DEVICES_ASKED, times=0, retry_after="600")
    job = ground.ends(ground.ask())
    assert (job.state, job.result["state"]) == (JobState.DONE, "partial")
    run = ground.runs()[-1]
    assert run.retry_at is not None
    assert timedelta(minutes=9) < run.retry_at - clock.now() < timedelta(minutes=11)
    assert [each["whose"] for each in run.failures] == ["vendor"]
    assert ground.in_force()["seats"] == seats
    assert ground.in_force()["accounts"] != []
    ground.sandbox.faults.clear()
    with transaction(ground.world.ours) as session:
        session.get_one(SyncRun, run.id).retry_at = clock.now()  # ten minutes later
    eventually(lambda: ground.states() == ["done", "partial", "done"], within_s=60, what="the retry heals it")
    assert ground.is_whole()
    assert connection(ground).state == "ok"


def test_a_vendor_that_is_down_for_more_than_an_hour_is_tried_until_it_is_back(ground: Ground) -> None:
    """Tries come after a quarter of an hour and after an hour; the hours are taken off the runs."""
    before = ground.in_force()
    ground.sandbox.faults.plan("status", 503, times=0)
    assert ground.ends(ground.ask()).state is JobState.FAILED
    hours_pass(ground, 0.25)
    eventually(lambda: ground.states() == ["done", "failed", "failed"], within_s=60, what="the first try fails too")
    assert ground.in_force() == before
    assert ground.staged() == 0
    ground.sandbox.faults.clear()
    hours_pass(ground, 0.9)
    assert ground.states() == ["done", "failed", "failed"], "the vendor is left alone for an hour"
    hours_pass(ground, 0.1)
    eventually(
        lambda: ground.states() == ["done", "failed", "failed", "done"], within_s=60, what="the second one heals"
    )
    assert ground.is_whole()
    assert ground.staged() == 0
    assert (connection(ground).state, connection(ground).last_error) == ("ok", "")


def hours_pass(ground: Ground, hours: float) -> None:
    """For the last run, and for the job that ran it."""
    with transaction(ground.world.ours) as session:
        run = session.get_one(SyncRun, ground.runs()[-1].id)
        assert run.finished_at is not None
        run.finished_at -= timedelta(hours=hours)


def test_a_token_that_ends_in_the_middle_is_renewed(ground: Ground) -> None:
    ground.sandbox.faults.plan("expire", path=DEVICES_ASKED, after=2)
    heals(ground)
    assert ground.sandbox.faults.planned == []


def test_credentials_that_are_revoked_in_the_middle_fail_the_sync(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ground.in_force()
    gate = ground.gate(DEVICES, after=2)
    job_id = ground.ask()
    gate.wait()
    good = ground.server.settings
    monkeypatch.setattr(ground.server, "settings", {**good, "client_secret": "another-one-now-2b"})
    ground.server.tokens.revoke()
    gate.open()
    job = ground.ends(job_id)
    assert job.state is JobState.FAILED
    assert job.error.startswith("Ninja: NinjaOne does not accept the credentials.")
    assert (connection(ground).state, connection(ground).last_failure["whose"]) == ("failed", "admin")
    assert ground.in_force() == before
    assert ground.staged() == 0
    monkeypatch.setattr(ground.server, "settings", good)
    heals(ground)


def test_settings_that_change_in_the_middle_throw_the_run_away_and_the_next_reads_whole(ground: Ground) -> None:
    before = ground.in_force()
    gate = ground.gate(DEVICES, after=2)
    job_id = ground.ask()
    gate.wait()
    ours = ground.world.ours
    with transaction(ours) as session:
        api.rotate(session, ours, ground.connection_id, {"backup": "yes"})
    gate.open()
    job = ground.ends(job_id)
    assert (job.state, job.error) == (JobState.FAILED, "Ninja was changed while it was read. Sync it again.")
    assert ground.in_force() == before
    assert ground.staged() == 0
    assert ground.states() == ["done", "cancelled"]
    assert connection(ground).state == "ok"
    heals(ground)
    assert ground.runs()[-1].mode == "full"
