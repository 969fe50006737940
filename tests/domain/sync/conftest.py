"""A connection on each side, and the short way to run a whole sync."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import pytest

from connectors.records import Record
from jobs import runner
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.sync import service
from rcx_app.domain.sync.rows import stream_of
from rcx_app.domain.sync.schemas import SyncResult
from rcx_app.models import Connection
from tests.conftest import World
from tests.domain.sync.source import Script, playing

Run = Callable[..., SyncResult]


def connect(context: Context, side: str, label: str) -> int:
    with transaction(context) as session:
        row = Connection(
            workspace_id=context.workspace_id, side=side, vendor=label.lower(), label=label, label_key=label.lower()
        )
        session.add(row)
        session.flush()
        return row.id


def stage_all(context: Context, connection_id: int, records: Sequence[Record], batch: int = 3) -> int:
    with transaction(context) as session:
        run_id = service.begin(session, context, connection_id)
    by_stream: dict[str, list[Record]] = {}
    for record in records:
        stream = stream_of(record)
        assert stream is not None
        by_stream.setdefault(stream.name, []).append(record)
    for name, found in by_stream.items():
        for start in range(0, len(found), batch):
            with transaction(context) as session:
                service.stage(session, context, run_id, name, found[start : start + batch])
    return run_id


def sync(context: Context, connection_id: int, records: Sequence[Record], complete: Collection[str]) -> SyncResult:
    run_id = stage_all(context, connection_id, records)
    with transaction(context) as session:
        return service.switch(session, context, run_id, complete_streams=complete)


@pytest.fixture
def psa(world: World) -> int:
    return connect(world.ours, "psa", "ConnectWise")


@pytest.fixture
def usage(world: World) -> int:
    return connect(world.ours, "usage", "NinjaOne")


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """The connectors of `source` stand for all there are; what they do is in the script."""
    yield from playing(monkeypatch)


def work_off(context: Context, job_id: int) -> JobView:
    """Run a sync as a worker would."""
    runner.run_job(job_id)
    with transaction(context, read_only=True) as session:
        return jobs.view(session, context, job_id)


def run_sync(context: Context, connection_id: int, *, full: bool = False) -> JobView:
    """Ask for a sync as a person does, and run it."""
    with transaction(context) as session:
        job_id = api.request_sync(session, context, connection_id, full=full)
    return work_off(context, job_id)
