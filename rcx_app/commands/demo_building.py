"""Fills the demo workspace through the services and jobs that a person's clicks use. Needs a worker.

Files are written by the sandbox's estate, uploaded, recognised, settled and imported; sure suggestions and rules are
accepted, the rest is left as work.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import click

from connectors.sandbox import estate
from jobs.send import send
from rcx_app.core import clock, folders, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import imports, uploads
from rcx_app.domain.integrations.schemas import ImportState, ImportView, Settlement
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.service_rules import service as rules

SEED = 7
KINDS = ("imports.analyse", "imports.apply", "mapping.match", "reconcile.run")
# What a person would accept at a glance; the rest is left to be looked at.
SURE_CLIENT = Decimal("0.95")
SURE_RULE = Decimal("0.9")
_PATIENCE_S = 600.0
_NO_WORKER_S = 90.0


def build(context: Context, *, with_files: bool, with_verdicts: bool) -> None:
    """Bring the workspace to where a person starts to review: today's files imported, what is sure accepted."""
    outbox.use_sender(send)
    if with_files:
        _import(context)
    if with_verdicts:
        _accept_what_is_sure(context)


def _import(context: Context) -> None:
    _tidy(context)
    folder = settings().var_dir / "demo"
    world = estate.build(SEED, as_of=clock.today())
    written = estate.write_files(world, folder)
    _say(f"Importing {len(written)} files of a made MSP with {len(world.clients)} clients ...")
    under_way = {_upload(context, each.path): each for each in written}
    for import_id, file in under_way.items():
        _settle(context, import_id, file.source)
    for import_id in under_way:
        _start(context, import_id)
    shutil.rmtree(folder)
    _say("Matching and reconciling ...")
    _wait(context, lambda: not _open_jobs(context), "the matching")


def _tidy(context: Context) -> None:
    """Take back what an earlier, interrupted build has left half done."""
    _wait(context, lambda: not _open_jobs(context), "what is left")
    with transaction(context) as session:
        for row in imports.imports(session, context).items:
            if row.state in (ImportState.UPLOADED, ImportState.ANALYSED):
                uploads.withdraw(session, context, row.id)


def _upload(context: Context, path: Path) -> int:
    """Put a file where the upload route puts it, and take note of it as that does."""
    content = path.read_bytes()
    stored_as = secrets.token_hex(16) + path.suffix
    (folders.uploads() / stored_as).write_bytes(content)
    with transaction(context) as session:
        return uploads.register_upload(
            session,
            context,
            filename=path.name,
            stored_as=stored_as,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
        )


def _settle(context: Context, import_id: int, source: str) -> None:
    """Confirm how the file was recognised, and say which system it comes from."""
    view = _looked_at(context, import_id)
    settlement = Settlement(
        shape=view.shape,
        columns={column.header: column.field for column in view.columns if column.field},
        options=view.options,
        connection_id=view.connection_id,
        label=source,
    )
    with transaction(context) as session:
        imports.settle(session, context, import_id, settlement)


def _start(context: Context, import_id: int) -> None:
    """Start the import; a question it asks is answered with yes."""
    view = _looked_at(context, import_id)
    for confirmed in (False, True):
        with transaction(context) as session:
            imports.start(session, context, import_id, confirmed=confirmed)
        view = _looked_at(context, import_id)
        if view.state is ImportState.DONE:
            return
    raise Unavailable(f"The demo file {view.filename} could not be imported: {view.error or view.questions}")


def _looked_at(context: Context, import_id: int) -> ImportView:
    """The import once its job has ended. Raises Unavailable where that failed."""

    def is_ready() -> bool:
        with transaction(context, read_only=True) as session:
            job = imports.view(session, context, import_id).job
        return job is None or not job.is_open

    _wait(context, is_ready, "the import")
    with transaction(context, read_only=True) as session:
        view = imports.view(session, context, import_id)
    if view.state is ImportState.FAILED or (view.job is not None and view.job.state is JobState.FAILED):
        raise Unavailable(f"The demo file {view.filename} could not be imported: {view.error}")
    return view


def _accept_what_is_sure(context: Context) -> None:
    """What a person would do in the first minutes."""
    with transaction(context, read_only=True) as session:
        preview = mapping.preview_confirm(session, context, SURE_CLIENT)
    _say("Confirming what is sure ...")
    choices = [(row.account_id, row.version, row.client_id) for row in preview.rows if row.client_id is not None]
    if choices:
        with transaction(context) as session:
            mapping.confirm_many(session, context, choices)
        # Rules are suggested anew from what the confirmed accounts count.
        _wait(context, lambda: not _open_jobs(context), "the reconciliation")
    with transaction(context) as session:
        rules.accept_many(session, context, SURE_RULE)
    _wait(context, lambda: not _open_jobs(context), "the reconciliation")


def _open_jobs(context: Context) -> bool:
    with transaction(context, read_only=True) as session:
        return bool(jobs.open_jobs(session, context, KINDS))


def _wait(context: Context, is_over: Callable[[], bool], what: str) -> None:
    """Wait for the worker. Raises Unavailable where there is none, or it takes far too long."""
    began = time.monotonic()
    while not is_over():
        waited = time.monotonic() - began
        if waited > _NO_WORKER_S and not _is_anything_running(context):
            raise Unavailable(
                f"No worker takes {what} of the demo.", remedy="Use `rcx up --demo`, or run `rcx worker`."
            )
        if waited > _PATIENCE_S:
            raise Unavailable(f"{what.capitalize()} of the demo takes too long.", remedy="Look at the worker's log.")
        time.sleep(0.1)


def _is_anything_running(context: Context) -> bool:
    with transaction(context, read_only=True) as session:
        return any(job.state is JobState.RUNNING for job in jobs.open_jobs(session, context, KINDS))


def _say(text: str) -> None:
    click.echo(text, err=True)
