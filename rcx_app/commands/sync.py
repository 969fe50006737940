"""`rcx sync`: have connections read now, by a worker or in this process."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click
import structlog

from jobs.runner import run_job
from jobs.send import send
from rcx_app.commands import migrate
from rcx_app.commands.sync_following import Ended, ended, follow
from rcx_app.commands.workspaces import workspace_id
from rcx_app.core import log, outbox
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api, syncing
from rcx_app.domain.integrations.syncing import Syncable
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.sync import run as sync_run
from rcx_app.domain.sync.opening import connector_of


@click.command()
@click.option(
    "--workspace", metavar="NAME_OR_ID", default="", help="Whose connections; needed where there are several."
)
@click.option(
    "--connection",
    "names",
    multiple=True,
    metavar="LABEL_OR_ID",
    help="One to read; may be given several times. Without it: all that read an API and are switched on.",
)
@click.option("--full", is_flag=True, help="Read everything whole, also what could be read by changes.")
@click.option("--wait", is_flag=True, help="Follow the syncs to their end.")
@click.option("--here", is_flag=True, help="Run in this process instead of asking a worker.")
@click.option("--json", "as_json", is_flag=True, help="Print what was asked for, or what came of it, as JSON.")
def sync(workspace: str, names: tuple[str, ...], full: bool, wait: bool, here: bool, as_json: bool) -> int:
    """Read connections now, and match and reconcile what changed.

    Without --wait or --here it ends as soon as the syncs are asked for. With one of them it exits with 0 only if every
    connection was read completely; what was not is said, with its reason.
    """
    if wait and here:
        raise click.UsageError("--here waits anyway; use it without --wait.")
    if migrate.current() != migrate.head():
        raise Unavailable("The database is not at this version.", remedy="Run `rcx migrate`.")
    context = system_context(workspace_id(workspace))
    with transaction(context, read_only=True) as session:
        chosen = syncing.connections_of(session, context, names)
    if not chosen:
        raise Conflict("No connection can be synced.", remedy="Connect a vendor's API in RCX, under Integrations.")
    if here:
        return _say(context, _here(context, chosen, full=full), as_json=as_json)
    if settings().redis_url:
        outbox.use_sender(send)
    asked = _requested(context, chosen, full=full)
    if wait:
        return _say(context, follow(context, asked), as_json=as_json)
    for connection, job_id in asked:
        click.echo(f"{connection.label}: queued as job {job_id}.", err=True)
    if as_json:
        _print(context, [ended(context, *each) for each in asked])
    return 0


def _requested(context: Context, chosen: list[Syncable], *, full: bool) -> list[tuple[Syncable, int]]:
    """Each connection with its job, all or none."""
    with transaction(context) as session:
        return [(each, api.request_sync(session, context, each.id, full=full)) for each in chosen]


def _here(context: Context, chosen: list[Syncable], *, full: bool) -> Iterator[Ended]:
    log.configure()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # Nobody else is woken for these jobs; what they ask for in their turn goes to the workers.
    outbox.use_sender(None)
    asked = _requested(context, chosen, full=full)
    if settings().redis_url:
        outbox.use_sender(send)
    for connection, job_id in asked:
        with _bar(connection) as watch:
            for each in _due(context, connection.id):
                _run(context, each, watch)
        yield ended(context, connection, job_id)


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


def _say(context: Context, coming: Iterator[Ended], *, as_json: bool) -> int:
    """Tell each sync as it ends; 1 where one was not read completely."""
    told = []
    for each in coming:
        told.append(each)
        for line in each.lines():
            click.echo(line, err=True)
    if as_json:
        _print(context, told)
    return 0 if all(each.is_well for each in told) else 1


def _print(context: Context, found: list[Ended]) -> None:
    listed = {"workspace": context.workspace_id, "connections": [each.as_json() for each in found]}
    click.echo(json.dumps(listed, indent=2, ensure_ascii=False))


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
