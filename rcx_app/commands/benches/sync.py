"""Syncing a whole MSP from the sandbox, with the vendors' rate limits in force, against what those limits allow."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from sqlmodel import Session

from connectors.connector import Limits
from connectors.registry import CONNECTORS, connector_class
from connectors.wire import Wire
from jobs.runner import run_job
from rcx_app.commands import migrate
from rcx_app.commands.benches.database import database
from rcx_app.commands.benches.measured import Measured, machine, peak_mib
from rcx_app.commands.places import free_port
from rcx_app.core import log, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, Unavailable
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.sync import run as sync_run
from rcx_app.models import User, Workspace

BUDGET = 1.1
SYSTEMS = (
    "connectwise",
    "microsoft365",
    "ninjaone",
    "datto_rmm",
    "huntress",
    "acronis",
    "proofpoint",
    "pax8",
    "partner_center",
)
REFERENCE = "the longer of what the declared limits allow and the bare reading of the same streams, nothing stored"
_START_S = 300.0


@dataclass(frozen=True, slots=True)
class _Synced:
    """One connection. `allowed_s` is the least time in which its limits let that many requests pass."""

    name: str
    rows: int
    requests: int
    took_s: float
    again_s: float
    rewritten: int
    allowed_s: float
    bare_s: float

    @property
    def reference_s(self) -> float:
        return max(self.allowed_s, self.bare_s)

    def told(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "requests": self.requests,
            "first_s": round(self.took_s, 2),
            "rows_per_s": round(self.rows / self.took_s),
            "limits_allow_s": round(self.allowed_s, 2),
            "bare_reading_s": round(self.bare_s, 2),
            "again_s": round(self.again_s, 2),
            "rows_written_again": self.rewritten,
        }


def run(clients: int, seats: int, connectors: tuple[str, ...] = ()) -> Measured:
    """Every system is connected and synced twice, in full. Raises Invalid for a connector that does not exist."""
    chosen = connectors or tuple(name for name in SYSTEMS if name in CONNECTORS)
    log.configure()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    unknown = [name for name in chosen if name not in CONNECTORS]
    if unknown:
        raise Invalid(f"There is no connector {unknown[0]}.", remedy=f"There are: {', '.join(CONNECTORS)}.")
    with database() as kind, _sandbox(clients, seats) as address:
        migrate.to_head()
        with transaction(None) as session:
            context = _workspace(session)
        before = peak_mib()
        found = [_synced(context, address, name) for name in chosen]
        grew = peak_mib() - before
    limited = [each for each in found if each.allowed_s > each.bare_s] or found
    return Measured(
        name=f"sync, {kind}",
        size=f"{clients:,} clients, {sum(each.rows for each in found):,} rows of {len(found)} systems",
        ours_s=sum(each.took_s for each in limited),
        reference=REFERENCE,
        reference_s=sum(each.reference_s for each in limited),
        budget=BUDGET,
        detail={
            "judged_by": [each.name for each in limited],
            "rows_written_by_an_unchanged_sync": sum(each.rewritten for each in found),
            "peak_memory_mib": peak_mib(),
            "memory_grew_by_mib": grew,
            "machine": machine(),
            **{each.name: each.told() for each in found},
        },
    )


def _synced(context: Context, address: str, name: str) -> _Synced:
    values = _shown(address)["vendors"][name]["settings"]
    with transaction(context) as session:
        number = api.connect(session, context, connector_id=name, label=name, values=values, is_sandbox=True)
    _limits(address, enforced=True)
    asked = _requests(address, name)
    took_s, first = _run(context, number)
    asked = _requests(address, name) - asked
    _limits(address, enforced=False)
    again_s, again = _run(context, number)
    bare_s = _bare(address, name, values)
    return _Synced(
        name=name,
        rows=sum(each["read"] for each in first["counts"].values()),
        requests=asked,
        took_s=took_s,
        again_s=again_s,
        rewritten=again["written"],
        allowed_s=allowed(connector_class(name).about.limits, asked),
        bare_s=bare_s,
    )


def allowed(limits: Limits, requests: int) -> float:
    """The least seconds in which the whole declared budgets let so many requests pass, one full window at a time."""
    waits = [(requests - 1) // each.requests * each.seconds for each in limits.budgets]
    return float(max([0, *waits]))


def _run(context: Context, number: int) -> tuple[float, dict[str, Any]]:
    """Sync in this process, in full; what it asks for in its turn (matching ...) is sent to nobody."""
    with transaction(context) as session:
        job_id = api.request_sync(session, context, number, full=True)
    began = time.perf_counter()
    run_job(job_id, work=lambda _kind: sync_run.run)
    took = time.perf_counter() - began
    with transaction(context, read_only=True) as session:
        job = jobs.view(session, context, job_id)
    if job.state is not JobState.DONE or job.result["failures"]:
        raise Unavailable(f"The sync failed: {job.error or job.result['failures']}")
    return took, job.result


def _bare(address: str, name: str, values: dict[str, str]) -> float:
    """Read every stream and keep nothing."""
    began = time.perf_counter()
    with connector_class(name)(values, Wire(sandbox_url=address, budget_storage=None)) as connector:
        for info in connector.streams():
            for _record in connector.read(info.name):
                pass
    return time.perf_counter() - began


@contextmanager
def _sandbox(clients: int, seats: int) -> Iterator[str]:
    """A sandbox in a process of its own, so that its memory and work are not ours."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    size = ["--clients", str(clients), "--seats", str(seats)]
    command = [sys.executable, "-m", "rcx_app.cli", "sandbox", "--port", str(port), *size]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
    before = settings().sandbox_url
    try:
        _wait(server, address)
        settings().sandbox_url = address
        outbox.use_sender(None)
        yield address
    finally:
        settings().sandbox_url = before
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    ends = time.monotonic() + _START_S
    while True:
        if server.poll() is not None or time.monotonic() > ends:
            raise Unavailable("The sandbox did not start.", remedy="Try `rcx sandbox` by itself.")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{address}/_sandbox", trust_env=False)
            return
        time.sleep(0.05)


def _shown(address: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{address}/_sandbox", trust_env=False, timeout=60).json()
    return found


def _requests(address: str, name: str) -> int:
    return int(_shown(address)["requests"].get(name, 0))


def _limits(address: str, *, enforced: bool) -> None:
    httpx.post(f"{address}/_sandbox/limits", json={"enforced": enforced}, trust_env=False).raise_for_status()


def _workspace(session: Session) -> Context:
    user = User(email="bench@msp.example", email_key="bench@msp.example", name="Bench", password_hash="!")  # noqa: S106
    workspace = Workspace(name="Bench")
    session.add_all([user, workspace])
    session.flush()
    return Context(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER, user_name=user.name)
