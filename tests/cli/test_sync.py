"""`rcx connectors` and `rcx sync`: what they list, queue, run and say, and their exit codes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from sqlmodel import col, select

from connectors.http.failures import ApiFailure
from jobs.runner import run_job
from rcx_app import cli
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs import service as jobs
from rcx_app.models import Account, AuditEvent, JobRun, Seat
from tests.conftest import World
from tests.domain.sync.source import SECRET, Script, connect, playing
from tests.domain.sync.test_switch import ACME, seat

OURS = ("--workspace", "northbeam it")


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)
    structlog.reset_defaults()  # the command sets up logging for its process


def rcx(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what was said; nothing may go to stdout."""
    capsys.readouterr()
    code = cli.run(["sync", *arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert SECRET not in err
    return code, err


class Worker:
    """Works off the queue whenever the command rests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rcx_app.commands.sync_following._rest", self)
        # A real worker's log does not go to the command's output.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    def __call__(self) -> None:
        with transaction(None, read_only=True) as session:
            query = select(JobRun.id).where(JobRun.kind == "sync.run", JobRun.state == "queued")
            waiting = session.scalars(query.order_by(col(JobRun.id))).first()
        assert waiting is not None, "the command waits for what has ended"
        run_job(waiting)


def queued(world: World) -> list[dict[str, object]]:
    with transaction(None, read_only=True) as session:
        found = session.scalars(select(JobRun).where(JobRun.kind == "sync.run").order_by(col(JobRun.id)))
        return [dict(each.args) for each in found if each.state == "queued"]


def test_connectors_are_listed_with_what_they_read_and_write(
    vendor: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["connectors"]) == 0
    head, fake, movable = capsys.readouterr().out.splitlines()
    assert head.split() == ["ID", "NAME", "SIDE", "STREAMS", "WRITES", "PROOF"]
    assert fake.split("  ")[0] == "fake"
    assert "accounts skus seats* subscriptions charges" in fake
    assert fake.split()[-2:] == ["no", "facts"]
    assert movable.split()[-2:] == ["yes", "specification"]


def test_connectors_as_json_tell_everything(vendor: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["connectors", "--json"]) == 0
    fake, _ = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in fake["fields"]] == ["region", "client_id", "client_secret"]
    assert fake["streams"][2] == {"name": "seats", "is_incremental": True, "is_optional": False, "needs": ""}
    assert fake["documentation"] == "connectors/fake.md"


def test_syncs_are_queued_for_a_worker(world: World, vendor: Script, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = connect(world.ours, "One"), connect(world.ours, "Two")
    connect(world.theirs, "One")
    code, said = rcx(capsys, "--connection", "one", "--full", *OURS)
    assert (code, said.splitlines()) == (0, ["One: queued as job 1."])
    assert queued(world) == [{"connection_id": one, "full": True}]
    assert rcx(capsys, *OURS)[0] == 0
    assert [each["connection_id"] for each in queued(world)] == [one, two]
    assert vendor.asked == []


def test_here_means_in_this_process(world: World, vendor: Script, capsys: pytest.CaptureFixture[str]) -> None:
    connect(world.ours, "One")
    vendor.has(ACME, seat(1))
    code, said = rcx(capsys, "--connection", "One", "--here", *OURS)
    assert code == 0
    assert said == "One: 1 account, 0 SKUs, 1 seat, 0 subscriptions, 0 charges read, 2 rows written.\n"
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Seat.external_id)).all() == ["s1"]
        assert session.scalars(select(AuditEvent.tag).where(AuditEvent.tag == "connection:sync")).all()
        assert session.scalars(select(JobRun.kind).where(JobRun.state == "queued")).all() == ["mapping.match"]


def test_a_stream_that_fails_is_told_and_ends_with_1(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(sqlite_world.ours, "One")
    connect(sqlite_world.ours, "Two")
    vendor.has(ACME)
    vendor.steps["seats"] = [ApiFailure("vendor_down", "Fake Vendor")]
    code, said = rcx(capsys, "--here", *OURS)
    assert code == 1
    told = (
        "seats not brought up to date. Fake Vendor has a fault of its own. It is tried again; see the vendor's status."
    )
    assert f"One: {told}" in said
    assert f"Two: {told}" in said
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor", detail=SECRET)
    code, said = rcx(capsys, "--connection", "One", "--here", *OURS)
    assert code == 1
    assert said.startswith("One: Fake Vendor does not accept the credentials.")
    assert "Enter them again" in said


def test_a_person_who_stops_it_leaves_everything_as_it_was(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(sqlite_world.ours, "One")
    vendor.has(ACME)
    vendor.steps["seats"] = [KeyboardInterrupt()]
    code, said = rcx(capsys, "--connection", "One", "--here", *OURS)
    assert (code, said.strip()) == (1, "Stopped.")
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert session.scalars(select(JobRun.state)).all() == ["cancelled"]
        assert session.scalars(select(Account)).all() == []


def test_a_process_that_died_holds_nobody_up_for_long_and_one_that_lives_does(
    world: World, vendor: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    one = connect(world.ours, "One")
    vendor.has(ACME)
    with transaction(world.ours) as session:
        job_id = api.request_sync(session, world.ours, one)
    with transaction(None) as session:
        jobs.claim(session, job_id)
    code, said = rcx(capsys, "--connection", "One", "--here", *OURS)
    assert (code, said) == (0, "One: another process reads it; this sync follows that one.\n")
    assert vendor.asked == []
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        code, said = rcx(capsys, "--connection", "One", "--here", *OURS)
    assert (code, "0 rows written" in said) == (0, True)
    with transaction(world.ours, read_only=True) as session:
        states = session.scalars(select(JobRun.state).where(JobRun.kind == "sync.run"))
        assert states.all() == ["done", "done"]


def test_waiting_tells_each_as_it_ends_and_ends_with_0_only_if_all_is_read(
    world: World, vendor: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Worker(monkeypatch)
    one, two = connect(world.ours, "One"), connect(world.ours, "Two")
    vendor.has(ACME, seat(1))
    code, said = rcx(capsys, "--wait", *OURS)
    assert code == 0
    read = "1 account, 0 SKUs, 1 seat, 0 subscriptions, 0 charges read, 2 rows written."
    assert said.splitlines() == [f"One: {read}", f"Two: {read}"]
    vendor.steps["seats"] = [ApiFailure("vendor_down", "Fake Vendor")]
    code, said = rcx(capsys, "--wait", "--connection", str(two), "--connection", "two", *OURS)
    assert code == 1
    assert len(said.splitlines()) == 2, "named twice is read once"
    assert "Two: seats not brought up to date. Fake Vendor has a fault of its own." in said
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor", detail=SECRET)
    code = cli.run(["sync", "--wait", "--json", *OURS])
    out, err = capsys.readouterr()
    assert (code, SECRET in out + err) == (1, False)
    found = json.loads(out)
    assert found["workspace"] == world.ours.workspace_id
    assert [(each["id"], each["state"]) for each in found["connections"]] == [(one, "failed"), (two, "failed")]
    assert "does not accept the credentials" in found["connections"][0]["error"]
    assert err.startswith("One: Fake Vendor does not accept the credentials.")


def test_what_came_of_it_is_told_to_programs(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = connect(sqlite_world.ours, "One")
    vendor.has(ACME, seat(1))
    assert cli.run(["sync", "--json", *OURS]) == 0
    (asked,) = json.loads(capsys.readouterr().out)["connections"]
    assert (asked["id"], asked["state"], asked["read"]) == (one, "queued", {})
    Worker(monkeypatch)
    assert cli.run(["sync", "--json", "--wait", *OURS]) == 0
    (done,) = json.loads(capsys.readouterr().out)["connections"]
    assert (done["job"], done["state"], done["written"]) == (asked["job"], "complete", 2)
    assert (done["read"]["seats"], done["failures"]) == (1, [])


def test_stopping_the_wait_leaves_the_syncs_going_and_says_so(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sqlite_world.ours, "One")
    connect(sqlite_world.ours, "Two")
    worker = Worker(monkeypatch)

    def stop() -> None:
        if len(queued(sqlite_world)) == 1:
            raise KeyboardInterrupt
        worker()

    monkeypatch.setattr("rcx_app.commands.sync_following._rest", stop)
    code, said = rcx(capsys, "--wait", *OURS)
    assert (code, said.splitlines()[-1]) == (1, "No longer following. These syncs go on by themselves: Two.")
    assert len(queued(sqlite_world)) == 1


def test_a_queue_that_nobody_works_off_is_pointed_out(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sqlite_world.ours, "One")
    monkeypatch.setattr("rcx_app.commands.sync_following._NOBODY_AFTER_S", 0.0)
    Worker(monkeypatch)
    code, said = rcx(capsys, "--wait", *OURS)
    assert code == 0
    assert said.startswith("No worker has begun yet. `rcx doctor` says whether any answers.\nOne: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--connection", "Three", *OURS), "There is no connection Three. There are: Gone (2), One (1)."),
        (("--connection", "9", *OURS), "There is no connection 9. There are: Gone (2), One (1)."),
        (("--connection", "9" * 40, *OURS), "There is no connection 999"),
        (("--connection", "Gone", *OURS), "Gone is disconnected. Enter its credentials again."),
        (
            ("--wait",),
            "There are several workspaces. Use --workspace with one of: Northbeam IT (1), Southlight MSP (2).",
        ),
        (("--workspace", "Nobody"), "There is no workspace Nobody."),
        (("--workspace", "2"), "No connection can be synced."),
    ],
)
def test_what_can_not_be_synced_is_told_with_its_remedy_and_queues_nothing(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    connect(sqlite_world.ours, "One")
    gone = connect(sqlite_world.ours, "Gone")
    with transaction(sqlite_world.ours) as session:
        api.disconnect(session, sqlite_world.ours, gone)
    code, said = rcx(capsys, *arguments)
    assert code == 1
    assert said.startswith(f"Error: {says}")
    assert queued(sqlite_world) == []


@pytest.mark.parametrize("arguments", [("One",), ("--wait", "--here"), ("--nothing",)])
def test_wrong_usage_ends_with_2(
    sqlite_world: World, vendor: Script, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert rcx(capsys, *arguments)[0] == 2
