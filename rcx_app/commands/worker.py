"""`rcx worker` and `rcx beat`: the processes behind the pages."""

from __future__ import annotations

import os
from typing import Any

import click

from rcx_app.commands.places import data_folder
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

# Workers have nothing to tell each other: what they must agree on is in the database.
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


QUEUES = ("quick", "sync", "upkeep")


def _chosen(_context: click.Context, _option: click.Parameter, given: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in QUEUES]
    if unknown or not chosen:
        raise click.BadParameter(f"Use one or several of {', '.join(QUEUES)}, comma separated.")
    return chosen


@click.command()
@click.option("-c", "--concurrency", type=click.IntRange(1, 64), default=2, show_default=True, help="Jobs at a time.")
@click.option(
    "--queues",
    default=",".join(QUEUES),
    show_default=True,
    callback=_chosen,
    help="What to serve: quick (what people wait for), sync (reading vendors), upkeep (mail, schedules, lost jobs).",
)
def worker(concurrency: int, queues: tuple[str, ...]) -> None:
    """Run a worker. Any number may run, on any number of machines with the same database and Redis.

    Long syncs keep everything else waiting in a worker that serves all queues: let several share them.
    """
    app = _app()
    from jobs.registry import Queue

    names = ",".join(each.value for each in Queue if each.short in queues)
    # Named for what it serves, since two of one name on one machine would be taken for one.
    name = f"{'-'.join(queues)}-{os.getpid()}@%h"
    app.worker_main(
        ["-q", "worker", "-Q", names, "-n", name, "-c", str(concurrency), *_ALONE, "-l", settings().log_level]
    )


@click.command()
def beat() -> None:
    """Run the clock. Several do no harm, but one is enough."""
    data_folder()
    _app().start(["-q", "beat", "--pidfile=", "-l", settings().log_level])


def _app() -> Any:
    if not settings().redis_url:
        raise Unavailable("REDIS_URL is not set.", remedy="Set it, or use `rcx up`, which brings its own Redis.")
    from jobs.app import app

    return app
