"""A real Celery worker with its own beat, against the test's database and Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from jobs.send import send
from rcx_app.core import outbox
from rcx_app.core.settings import settings
from tests.conftest import ROOT
from tests.support.wait import eventually

QUICK = {
    "RCX_JOB_HEARTBEAT_S": "0.2",
    "RCX_JOB_DEAD_AFTER_S": "2",
    "RCX_JOB_RESEND_AFTER_S": "1.5",
    "RCX_JOB_SWEEP_S": "0.4",
}
StartWorker = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartWorker]:
    """Start workers (as many as called for). This process sends jobs too. All are ended with the test."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REDIS_URL", redis_url)
    settings.cache_clear()
    outbox.use_sender(send)
    with _workers(tmp_path) as start:
        yield start


@contextmanager
def _workers(folder: Path) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[bytes]] = []
    log = (folder / "worker.log").open("wb")

    def start() -> subprocess.Popen[bytes]:
        number = len(started)
        ready = folder / f"worker{number}.ready"
        command = [sys.executable, "-m", "celery", "-A", "tests.jobs.worker", "worker", "-B", "-c", "2"]
        command += ["-n", f"w{number}@test", "-s", str(folder / f"beat{number}"), "--pidfile", str(ready)]
        command += ["--without-gossip", "--without-mingle", "-l", "WARNING"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log, start_new_session=True
        )
        started.append(process)
        eventually(lambda: ready.exists() or process.poll() is not None, what="worker started")
        assert process.poll() is None, (folder / "worker.log").read_text()
        return process

    try:
        yield start
    finally:
        for process in started:
            # The processes that do the work outlive a killed parent for a moment; the group reaches them all.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()
