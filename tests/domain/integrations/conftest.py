"""The way a file takes: written to the upload folder, registered, and its jobs run as a worker would; and a vendor."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from jobs import registry, runner
from rcx_app.core import folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import imports, uploads
from rcx_app.domain.integrations.schemas import ImportView
from rcx_app.models import JobRun
from tests.conftest import World
from tests.domain.sync.source import Script, playing

OURS = ("imports.analyse", "imports.apply")


def work_off(context: Context) -> list[str]:
    """Run every waiting import job; returns how each ended. Matching and reconciling are left waiting."""
    outcomes = []
    while True:
        with transaction(context, read_only=True) as session:
            waiting = session.scalars(
                select(JobRun.id)
                .where(JobRun.workspace_id == context.workspace_id, col(JobRun.kind).in_(OURS))
                .where(col(JobRun.state).in_(("queued", "sent")))
                .order_by(col(JobRun.id))
            ).first()
        if waiting is None:
            return outcomes
        outcomes.append(runner.run_job(waiting, work=registry.work))


def upload(context: Context, content: str | bytes, filename: str = "export.csv") -> int:
    """Upload a file and have it analysed."""
    data = content.encode() if isinstance(content, str) else content
    stored_as = secrets.token_hex(16)
    (folders.uploads() / stored_as).write_bytes(data)
    with transaction(context) as session:
        import_id = uploads.register_upload(
            session,
            context,
            filename=filename,
            stored_as=stored_as,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
    work_off(context)
    return import_id


def look(context: Context, import_id: int) -> ImportView:
    with transaction(context, read_only=True) as session:
        return imports.view(session, context, import_id)


def bring_in(context: Context, content: str | bytes, filename: str = "export.csv", **options: bool) -> ImportView:
    """Upload, analyse and import as recognised."""
    import_id = upload(context, content, filename)
    with transaction(context) as session:
        imports.start(session, context, import_id, **options)
    work_off(context)
    return look(context, import_id)


@pytest.fixture
def ours(world: World) -> Context:
    return world.ours


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)
