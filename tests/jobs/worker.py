"""A real worker's Celery app with kinds of work made for the tests. Started as a process of its own."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import jobs.tasks
from jobs import registry
from jobs.app import app
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service
from rcx_app.domain.jobs.handle import JobHandle
from tests.jobs.places import PLACES

__all__ = ["app", "jobs"]


def count(job: JobHandle) -> dict[str, Any]:
    """Note in the audit trail that the work was done, together with the end of the job."""
    loaded = sorted({"reflex", "rcx_app.ui"} & set(sys.modules))
    with transaction(job.context) as session:
        audit.record(session, job.context, "test:counted", detail={"attempt": job.attempt})
        job.finish(session, {"attempt": job.attempt, "loaded": loaded})
    return {}


def hold(job: JobHandle) -> dict[str, Any]:
    """On the first attempt: tell progress, write data, and wait at the gate (a named pipe) before the end."""
    if job.attempt > 1:
        return count(job)
    with transaction(job.context) as session:
        audit.record(session, job.context, "test:counted", detail={"attempt": job.attempt})
        job.progress(1, 2, "At the gate")
        Path(job.args["pid_file"]).write_text(str(os.getpid()))
        Path(job.args["gate"]).read_text()
        job.finish(session, {"attempt": job.attempt})
    return {}


def until_cancelled(job: JobHandle) -> dict[str, Any]:
    """Never end by itself."""
    done = 0
    while True:
        done += 1
        job.progress(done, note="Going on")


def occupy(job: JobHandle) -> dict[str, Any]:
    """Stand for a sync: say that it runs and how many do in its workspace, and go on until it may end."""
    folder = Path(os.environ[PLACES])
    ours = f"{job.context.workspace_id}-*.runs"
    mark = folder / f"{job.context.workspace_id}-{job.job_id}.runs"
    mark.touch()
    with (folder / "together").open("a") as seen:
        seen.write(f"{job.context.workspace_id} {len(list(folder.glob(ours)))}\n")
    done = 0
    while not (folder / f"{job.job_id}.may-end").exists():
        done += 1
        job.progress(done, note="Occupies its place")
        threading.Event().wait(0.02)
    # Before the row says so: who begins next finds it gone.
    mark.unlink()
    return {"attempt": job.attempt}


def chain(job: JobHandle) -> dict[str, Any]:
    """Ask for a follow-up in the transaction that ends this job."""
    with transaction(job.context) as session:
        job.finish(session)
        service.enqueue(session, job.context, "test.count", {})
    return {}


def refuse(_: JobHandle) -> dict[str, Any]:
    raise Invalid("The file has no header row.", remedy="Add one.", problems=["row 1: empty"])


def stuck(job: JobHandle) -> dict[str, Any]:
    """Tell that it runs, and hear of nothing after that."""
    job.progress(1, note="Stuck")
    threading.Event().wait()
    return {}


registry.KINDS["sync.run"] = registry.Kind(f"{__name__}:occupy", registry.Queue.SYNC, limit_s=3600)
registry.KINDS.update(
    {
        f"test.{work.__name__}": registry.Kind(f"{__name__}:{work.__name__}", registry.Queue.QUICK)
        for work in (count, hold, until_cancelled, chain, refuse, stuck)
    }
)
