"""`rcx sync`: have connections read now, by a worker or in this process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click
import structlog

from jobs.runner import run_job
from jobs.send import send
from rcx_app.commands import migrate
from rcx_app.core import log, outbox
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api, syncing
from rcx_app.domain.integrations.syncing import Syncable
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync import run as sync_run
from rcx_app.domain.sync.opening import connector_of
from rcx_app.domain.sync.rows import STREAMS


@click.command()
@click.argument("labels", nargs=-1, metavar="[LABEL]...")
@click.option("--all", "is_all", is_flag=True, help="Every connection that reads an API and is switched on.")
@click.option("--full", is_flag=True, help="Read everything whole, also what could be read by changes.")
@click.option("--here", is_flag=True, help="Run in this process instead of asking a worker.")
@click.option(
    "--workspace", metavar="NAME_OR_ID", default="", help="Whose connections; needed where there are several."
)
def sync(labels: tuple[str, ...], is_all: bool, full: bool, here: bool, workspace: str) -> int:
    """Read connections now, and match and reconcile what changed.

    LABEL is what a connection is called in RCX. Exits with 1 where anything of a connection could not be read.
    """
    if bool(labels) == is_all:
        raise click.UsageError("Name connections, or use --all.")
    if migrate.current() != migrate.head():
        raise Unavailable("The database is not at this version.", remedy="Run `rcx migrate`.")
    context = system_context(_workspace(workspace))
    with transaction(context, read_only=True) as session:
        chosen = syncing.connections_of(session, context, labels)
    if not chosen:
        raise Conflict("No connection can be synced.", remedy="Connect a vendor's API in RCX, under Integrations.")
    if here:
        return _here(context, chosen, full=full)
    if settings().redis_url:
        outbox.use_sender(send)
    for connection, job_id in _requested(context, chosen, full=full):
        click.echo(f"{connection.label}: queued as job {job_id}.", err=True)
    return 0


def _workspace(wanted: str) -> int:
    """Raises Invalid where it is not clear which one is meant."""
    with transaction(None, read_only=True) as session:
        known = syncing.workspaces(session)
    listed = ", ".join(f"{name} ({number})" for number, name in known.items())
    remedy = f"Use --workspace with one of: {listed}." if known else "Sign up in RCX first."
    found = [
        number
        for number, name in known.items()
        if not wanted or wanted == str(number) or wanted.casefold() == name.casefold()
    ]
    if len(found) == 1:
        return found[0]
    if found and wanted:
        raise Invalid(f"Several workspaces are called {wanted}.", remedy=remedy)
    if not known:
        raise Invalid("There is no workspace.", remedy=remedy)
    raise Invalid(f"There is no workspace {wanted}." if wanted else "There are several workspaces.", remedy=remedy)


def _requested(context: Context, chosen: list[Syncable], *, full: bool) -> list[tuple[Syncable, int]]:
    """Each connection with its job, all or none."""
    with transaction(context) as session:
        return [(each, api.request_sync(session, context, each.id, full=full)) for each in chosen]


def _here(context: Context, chosen: list[Syncable], *, full: bool) -> int:
    log.configure()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # Nobody else is woken for these jobs; what they ask for in their turn goes to the workers.
    outbox.use_sender(None)
    asked = _requested(context, chosen, full=full)
    if settings().redis_url:
        outbox.use_sender(send)
    failed = 0
    for connection, job_id in asked:
        with _bar(connection) as watch:
            for each in _due(context, connection.id):
                _run(context, each, watch)
        with transaction(context, read_only=True) as session:
            failed += _told(connection.label, jobs.view(session, context, job_id))
    return 1 if failed else 0


def _due(context: Context, connection_id: int) -> list[int]:
    """The jobs to run for a connection: the one asked for, after one whose worker has died."""
    with transaction(context, read_only=True) as session:
        found = jobs.open_jobs(session, context, [sync_run.KIND])
    return [job.id for job in found if job.args["connection_id"] == connection_id]


def _run(context: Context, job_id: int, watch: sync_run.Watch) -> None:
    try:
        run_job(job_id, work=lambda _kind: partial(sync_run.run, watch=watch))
    except KeyboardInterrupt:
        with transaction(context) as session:
            jobs.cancel(session, context, job_id)
        raise


def _told(label: str, job: JobView) -> int:
    """Say how a sync ended; 1 where something could not be read."""
    if job.state is JobState.DONE:
        counts: dict[str, dict[str, int]] = job.result["counts"]
        read = ", ".join(STREAMS[name].counted(counts[name]["read"]) for name in STREAMS if name in counts)
        click.echo(f"{label}: {read or 'nothing'} read, {job.result['written']:,} rows written.", err=True)
        for failure in job.result["failures"]:
            click.echo(f"{label}: {_sentence(failure)}", err=True)
        return 1 if job.result["failures"] else 0
    if job.is_open:
        click.echo(f"{label}: another process reads it; this sync follows that one.", err=True)
        return 0
    said = job.error or "cancelled."
    click.echo(said if said.startswith(f"{label}:") else f"{label}: {said}", err=True)
    return 1


def _sentence(failure: dict[str, Any]) -> str:
    streams = ", ".join(STREAMS[name].plural for name in failure["streams"])
    return f"{streams} not brought up to date. {failure['message']} {failure['remedy']}".strip()


@contextmanager
def _bar(connection: Syncable) -> Iterator[sync_run.Watch]:
    """A step a stream on stderr, where a person watches; signing in and putting into force are steps too."""
    steps = len(connector_of(connection.connector).streams()) + 2
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=steps, label=connection.label, file=sys.stderr, hidden=hidden, show_eta=False) as bar:
        last = ""

        def watch(done: int, note: str) -> None:
            nonlocal last
            if hidden:
                return
            bar.label = f"{connection.label}: {note} {done:,}" if done else f"{connection.label}: {note}"
            bar.update(int(bool(last) and note != last))
            last = note
            bar.render_progress()

        yield watch
        bar.update(steps - bar.pos)
