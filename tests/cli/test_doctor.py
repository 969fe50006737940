"""`rcx doctor` names what is wrong and what to do, on real servers, with and without workers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet

from rcx_app import cli
from rcx_app.commands.checks import outside, servers, work
from rcx_app.commands.checks.finding import Place
from rcx_app.core import clock, crypto
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.operations import ticks
from rcx_app.domain.operations.schemas import Site
from rcx_app.models import JobRun
from tests.conftest import World
from tests.domain.sync.source import SECRET, Script, connect, playing
from tests.jobs.conftest import StartWorker
from tests.support.mail_server import mail_server
from tests.support.servers import free_port
from tests.support.wait import eventually

Found = dict[str, dict[str, Any]]
MACHINE = {"settings", "packages", "data", "disk", "key", "node", "pages", "mail"}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


def findings(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> Found:
    """By part; of a part that is named several times the last one."""
    capsys.readouterr()
    assert cli.run(["doctor", "--json", *arguments]) == code
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    return {finding["part"]: finding for finding in json.loads(out)}


def failed(found: Found) -> set[str]:
    return {part for part, finding in found.items() if finding["state"] == "failed"}


def change(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    crypto.forget_keys()


def test_an_installation_whose_parts_all_run_is_well(
    world: World, redis_url: str, start_worker: StartWorker, capsys: pytest.CaptureFixture[str]
) -> None:
    start_worker()
    ticks.note()  # a minute's wait is saved
    place = Place(redis_url=redis_url, workspace_id=None)
    eventually(lambda: all(each.state == "ok" for each in work.workers(place)), what="the worker answers")
    found = findings(capsys, 0)
    role = {"role"} if "postgresql" in world.url else set()
    assert set(found) == MACHINE | role | {
        "database", "migrations", "redis", "clock", "worker", "scheduler", "queue", "outbox", "credentials",
        "vendors",
    }  # fmt: skip
    assert failed(found) == set()
    assert all(bool(each["remedy"]) == (each["state"] != "ok") for each in found.values())
    assert "w0@test answers; queues: " in found["worker"]["detail"]
    assert "noeviction" in found["redis"]["detail"]
    assert redis_url not in str(found)


def test_without_workers_it_says_so_and_what_to_start(
    world: World, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = findings(capsys, 1)
    assert failed(found) == {"workers", "scheduler"}
    assert "rcx worker" in found["workers"]["remedy"]
    assert found["scheduler"]["detail"] == "It was never heard of."
    with clock.frozen(clock.now() - timedelta(minutes=20)):
        ticks.note()
    assert findings(capsys, 1)["scheduler"]["detail"] == "it last had the schedules looked at 20 min ago"
    ticks.note()
    assert findings(capsys, 1)["scheduler"]["state"] == "ok"


def test_a_machine_on_which_nothing_runs_yet_is_well(sqlite_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys, 0)
    assert "`rcx up` starts" in found["redis"]["detail"]
    assert "`rcx up` starts" in found["workers"]["detail"]


def test_a_database_that_was_never_migrated_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("failed"))
    assert "migrations" in lines[at]
    assert "rcx migrate" in lines[at + 1]
    assert any(line.startswith("warning  queue") for line in lines)


def test_a_redis_that_is_down_and_a_key_that_is_none_are_wrong(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(monkeypatch, REDIS_URL="redis://:open-sesame@127.0.0.1:1", RCX_SECRET_KEYS="hunter2")
    found = findings(capsys, 1)
    assert failed(found) == {"redis", "key"}
    assert found["workers"]["detail"] == "Not looked at, for want of Redis."
    assert "hunter2" not in str(found)
    assert "open-sesame" not in str(found)


def test_a_redis_that_may_forget_is_wrong(
    sqlite_world: World, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis.Redis.from_url(redis_url) as server:
        before = server.config_get("maxmemory*")
        server.config_set("maxmemory", 200_000_000)
        server.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = findings(capsys, 1)
        finally:
            server.config_set("maxmemory", before["maxmemory"])
            server.config_set("maxmemory-policy", before["maxmemory-policy"])
    assert "allkeys-lru at 200 MB" in found["redis"]["detail"]
    assert "noeviction" in found["redis"]["remedy"]


def test_a_role_that_no_fence_binds_is_wrong(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(capsys, 0)["role"]["detail"] == "row-level security binds rcx"
    change(monkeypatch, RCX_DATABASE_URL=postgres_world.url.replace("rcx@", "boss@"))
    try:
        assert failed(findings(capsys, 1)) == {"role"}
    finally:
        dispose_engines()


def test_a_database_that_is_down_is_wrong_and_the_rest_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(monkeypatch, RCX_DATABASE_URL=f"postgresql://rcx:open-sesame@127.0.0.1:{free_port()}/rcx")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(settings().database_url, connect_timeout=1)
    found = findings(capsys, 1)
    assert failed(found) == {"database"}
    assert found["vendors"]["state"] == "warning"
    assert "open-sesame" not in str(found)


def test_a_data_folder_that_is_a_file_is_wrong(
    tmp_path: Path, sqlite_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    change(monkeypatch, RCX_VAR_DIR=str(tmp_path / "file"), RCX_SECRET_KEYS=Fernet.generate_key().decode())
    found = findings(capsys, 1)
    assert found["data"]["state"] == "failed"
    assert "RCX_VAR_DIR" in found["data"]["remedy"]


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("total", "free", "state"),
    [
        (100, 20.0, "ok"),
        (100, 9.0, "warning"),
        (5, 0.9, "warning"),
        (5, 0.05, "failed"),
    ],
)
def test_a_disk_that_fills_up_is_noticed(
    sqlite_world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    total: float,
    free: float,
    state: str,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(int(total * 1e9), 0, int(free * 1e9)))
    assert findings(capsys, int(state == "failed"))["disk"]["state"] == state


def test_jobs_that_wait_or_hang_are_told(world: World, vendor: Script, capsys: pytest.CaptureFixture[str]) -> None:
    with transaction(world.theirs) as session:
        waiting = jobs.enqueue(session, world.theirs, "mapping.match", {})
    with transaction(world.ours) as session:
        for number, state in enumerate(("running", "sent")):
            # What waits for a running job of its key is in order, however long.
            row = JobRun(workspace_id=world.ours.workspace_id, kind="sync.run", dedupe_key="sync:1", state=state)
            row.created_at = row.sent_at = clock.now() - timedelta(hours=5 - number)
            row.heartbeat_at = clock.now() if state == "running" else None
            session.add(row)
    found = findings(capsys, 0)
    assert found["queue"]["detail"] == "2 waiting, 1 running, 0 failed in the last day"
    for minutes, state, code in ((6, "warning", 0), (61, "failed", 1)):
        with transaction(None) as session:
            session.get_one(JobRun, waiting).created_at = clock.now() - timedelta(minutes=minutes)
        assert findings(capsys, code)["queue"]["state"] == state
    assert findings(capsys, 0, "--workspace", "northbeam it")["queue"]["detail"].startswith("1 waiting, 1 running")
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert "working" not in findings(capsys, 1)["jobs"]["detail"]


def test_mail_is_tried_without_sending_any(
    tmp_path: Path, sqlite_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    smtp = {"RCX_MAIL_TRANSPORT": "smtp", "RCX_SMTP_HOST": "127.0.0.1", "RCX_SMTP_USER": "rcx"}
    smtp["RCX_SMTP_PASSWORD"] = "open-sesame"
    with mail_server(tmp_path) as server:
        change(monkeypatch, **smtp, RCX_SMTP_PORT=str(server.port))
        assert findings(capsys, 0)["mail"]["detail"] == f"127.0.0.1:{server.port} takes mail from us"
    assert server.commands == ["EHLO", "STARTTLS", "EHLO", "AUTH", "NOOP", "QUIT"]
    for options, says in (({"offers_tls": False}, "does not take us"), ({"password_ok": False}, "RCX_SMTP_USER")):
        with mail_server(tmp_path, **options) as server:
            change(monkeypatch, RCX_SMTP_PORT=str(server.port))
            found = findings(capsys, 1)
            assert says in found["mail"]["detail"]
            assert "open-sesame" not in str(found)


def test_the_hosts_of_connections_are_reached_and_their_credentials_opened(
    sqlite_world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mail_server(settings().var_dir.parent) as server:  # any server that lets us in
        change(monkeypatch, RCX_SANDBOX_URL=f"http://127.0.0.1:{server.port}")
        connect(sqlite_world.ours, "One", is_sandbox=True)
        found = findings(capsys, 0)
        assert found["vendors"]["detail"] == "1 of 1 hosts answer"
        assert found["credentials"]["detail"] == "the key opens those of 1 connections"
    found = findings(capsys, 1)
    assert f"127.0.0.1:{server.port} refuses (ConnectError); One can't be read" == found["vendors"]["detail"]
    assert findings(capsys, 0, "--workspace", "2")["vendors"]["detail"] == "no connection calls any"
    change(monkeypatch, RCX_SECRET_KEYS=Fernet.generate_key().decode())
    found = findings(capsys, 1)
    assert failed(found) == {"credentials"}
    assert "One" in found["credentials"]["detail"]


def test_a_host_in_a_private_network_is_reached_only_where_that_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tmp_path) as server:
        site = Site(host="127.0.0.1", port=server.port, is_tls=False, vendor="ninjaone", labels=("One",))
        assert "private network" in outside._reach(site)
        change(monkeypatch, RCX_ALLOW_PRIVATE_HOSTS="true")
        assert outside._reach(site) == ""


def test_a_clock_that_is_off_is_told(postgres_world: World, redis_url: str) -> None:
    place = Place(redis_url=redis_url, workspace_id=None)
    for seconds, state in ((0, "ok"), (-20, "warning"), (90, "failed")):
        with clock.frozen(clock.now() + timedelta(seconds=seconds)):
            found = list(servers.clocks(place))
        assert [each.state for each in found] == [state, state], "that of the database and that of Redis"


def test_a_running_rcx_up_is_found_by_its_folder(
    sqlite_world: World, redis_root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings().var_dir / "redis" / "test-1"
    folder.mkdir(parents=True)
    port = redis_root.rpartition(":")[2].partition("/")[0]
    (folder / "redis.conf").write_text(f"bind 127.0.0.1\nport {port}\nrequirepass wrong\n")
    assert "not running" in findings(capsys, 0)["redis"]["detail"], "somebody else's Redis is none of ours"
    (folder / "redis.conf").write_text(f"bind 127.0.0.1\nport {port}\nrequirepass \n")
    found = findings(capsys, 1)
    assert "started by `rcx up`" in found["redis"]["detail"]
    assert found["workers"]["state"] == "failed"


def test_a_new_key_is_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--new-key"]) == 0
    Fernet(capsys.readouterr().out.strip())


def test_an_unknown_workspace_is_told(sqlite_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--workspace", "Nobody"]) == 1
    assert "There is no workspace Nobody." in capsys.readouterr().err
    assert os.environ["RCX_DATABASE_URL"] == sqlite_world.url
