"""What tests of faults stand on: a vendor's API in the sandbox, a connection to it, and real processes.

`rcx worker` and `rcx beat` run as they do on a server, and can be struck down.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import col, select
from starlette.requests import Request

from connectors.registry import connector_class
from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import VENDORS, Sandbox
from connectors.sandbox.server.serve import running
from connectors.wire import Wire
from jobs.send import send
from rcx_app.core import outbox
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.sync.repository import table_of
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.models import JobRun, StagedRecord, SyncRun
from tests.conftest import ROOT, World
from tests.jobs import held_worker
from tests.jobs.conftest import QUICK
from tests.support.wait import eventually

VENDOR = "ninjaone"
STREAMS_READ = ("accounts", "seats")
PAGE = 100
_PATIENCE_S = 30.0


class Gate:
    """Holds the vendor's answer to the first request whose path matches, from its `after`-th on, until it is opened."""

    def __init__(self, path: str, after: int = 0) -> None:
        self._path = re.compile(path)
        self._left = after
        self._reached = threading.Event()
        self._open = threading.Event()

    def __call__(self, _vendor: str, request: Request) -> None:
        if self._reached.is_set() or not self._path.search(request.url.path):
            return
        if self._left:
            self._left -= 1
            return
        self._reached.set()
        self._open.wait(_PATIENCE_S)

    def wait(self) -> None:
        assert self._reached.wait(_PATIENCE_S), f"nobody asked for {self._path.pattern}"

    def open(self) -> None:
        self._open.set()


@dataclass
class Ground:
    """One connection to NinjaOne in the sandbox, whose pages hold PAGE rows."""

    world: World
    sandbox: Sandbox
    url: str
    folder: Path
    connection_id: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def server(self) -> Any:
        return self.sandbox.servers[VENDOR]

    def gate(self, path: str, after: int = 0) -> Gate:
        made = Gate(path, after)
        self.sandbox.before = made
        return made

    def estate(self) -> dict[str, set[str]]:
        """The ids that the vendor holds now, by stream, read without RCX."""
        wire = Wire(sandbox_url=self.url, budget_storage=None)
        with connector_class(VENDOR)(self.server.settings, wire) as connector:
            return {info.name: {each.external_id for each in connector.read(info.name)} for info in connector.streams()}

    def in_force(self) -> dict[str, list[str]]:
        """The ids that RCX holds, by stream, each as often as it is held."""
        found = {}
        with transaction(self.world.ours, read_only=True) as session:
            for name in STREAMS_READ:
                table = table_of(STREAMS[name])
                query = select(table.c.external_id).where(table.c.removed_at.is_(None))
                found[name] = sorted(session.scalars(query))
        return found

    def is_whole(self) -> bool:
        """Nothing lost, nothing doubled."""
        return self.in_force() == {name: sorted(ids) for name, ids in self.estate().items()}

    def staged(self) -> int:
        with transaction(self.world.ours, read_only=True) as session:
            return int(session.execute(select(func.count(col(StagedRecord.id)))).scalar_one())

    def runs(self) -> list[SyncRun]:
        with transaction(self.world.ours, read_only=True) as session:
            return list(session.scalars(select(SyncRun).order_by(col(SyncRun.id))))

    def states(self) -> list[str]:
        return [run.state for run in self.runs()]

    # --- jobs

    def ask(self) -> int:
        with transaction(self.world.ours) as session:
            return api.request_sync(session, self.world.ours, self.connection_id)

    def look(self, job_id: int) -> JobView:
        with transaction(self.world.ours, read_only=True) as session:
            return jobs.view(session, self.world.ours, job_id)

    def ends(self, job_id: int) -> JobView:
        eventually(lambda: not self.look(job_id).is_open, within_s=60, what=f"sync {job_id} ends: {self.said()}")
        return self.look(job_id)

    def attempts(self, job_id: int) -> int:
        with transaction(self.world.ours, read_only=True) as session:
            return session.get_one(JobRun, job_id).attempts

    # --- processes

    def beat(self) -> subprocess.Popen[bytes]:
        return self.start("-m", "rcx_app.cli", "beat")

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("-m", "rcx_app.cli", "worker")

    def held_worker(self, moment: str) -> subprocess.Popen[bytes]:
        with suppress(FileExistsError):
            os.mkfifo(self.folder / "gate")
        told = {held_worker.FOLDER: str(self.folder), held_worker.MOMENT: moment}
        return self.start("-m", "tests.jobs.held_worker", **told)

    def is_held(self) -> bool:
        return (self.folder / "reached").exists()

    def release(self) -> None:
        (self.folder / "gate").write_text("go")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """The worker with all its processes, as a power cut does."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self) -> str:
        return (self.folder / "processes.log").read_text(errors="replace")

    def said(self) -> str:
        return self.log()[-3000:]

    def start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, **more},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process


@contextmanager
def standing(world: World, redis_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """The ground with a beat at work, and no worker yet."""
    town = Town(build(11, 40, 4000, as_of=datetime.now(UTC).date()))
    sandbox = Sandbox(town, {VENDOR: VENDORS[VENDOR]})
    with running(sandbox) as url:
        for name, value in {**QUICK, "REDIS_URL": redis_url, "RCX_SANDBOX_URL": url}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        outbox.use_sender(send)
        ground = Ground(world, sandbox, url, folder)
        ground.server.largest = PAGE
        with transaction(world.ours) as session:
            values = dict(ground.server.settings)
            ground.connection_id = api.connect(
                session, world.ours, connector_id=VENDOR, label="Ninja", values=values, is_sandbox=True
            )
        try:
            ground.beat()
            yield ground
        finally:
            sandbox.before = None
            for process in ground.started:
                ground.kill(process)
