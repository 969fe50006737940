"""Looks at what a sync has left behind, and the vendor's usual estate."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from connectors import records
from connectors.http.failures import ApiFailure
from connectors.wire import Wire
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.sync import service
from rcx_app.domain.sync.repository import table_of
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.domain.sync.schemas import SyncRunView
from rcx_app.models import Connection, JobRun, SourceRow, StagedRecord
from tests.conftest import World

SKU = records.Sku(external_id="CFQ-1", name="Business Premium")
BOUGHT = records.Subscription(external_id="b1", account_external_id="a1", sku="CFQ-1", quantity=Decimal(5))
DOWN = ApiFailure("vendor_down", "Fake Vendor", status=503)


def in_force(world: World, table: type[SourceRow]) -> set[str]:
    with transaction(world.ours, read_only=True) as session:
        return set(session.scalars(select(table.external_id).where(col(table.removed_at).is_(None))))


def row(world: World, connection_id: int) -> Connection:
    with transaction(world.ours, read_only=True) as session:
        return session.get_one(Connection, connection_id)


def last_run(world: World, connection_id: int) -> SyncRunView:
    with transaction(world.ours, read_only=True) as session:
        return service.runs(session, world.ours, connection_id).items[0]


def waiting(world: World) -> list[str]:
    with transaction(world.ours, read_only=True) as session:
        return sorted(session.scalars(select(JobRun.kind).where(col(JobRun.state).in_(("queued", "sent")))))


def versions(world: World) -> dict[str, list[Any]]:
    """What moves whenever a source row is written."""
    with transaction(world.ours, read_only=True) as session:
        version = "xmin::text" if session.get_bind().dialect.name == "postgresql" else "changed_at"
        return {
            name: [tuple(each) for each in session.execute(text(f"SELECT id, {version} FROM {table_of(stream).name}"))]
            for name, stream in STREAMS.items()
        }


def is_nothing_staged(world: World) -> bool:
    with transaction(world.ours, read_only=True) as session:
        return session.scalars(select(StagedRecord)).first() is None


def cancelling(world: World, fake: int, then: Callable[[Wire], None]) -> Callable[[Wire], None]:
    def step(wire: Wire) -> None:
        with transaction(world.ours) as session:
            jobs.cancel(session, world.ours, api.open_syncs(session, world.ours)[fake].id)
        then(wire)

    return step
