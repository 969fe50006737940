"""`rcx worker` and `rcx beat`: the processes behind the pages."""

from __future__ import annotations

from typing import Any

import click

from rcx_app.commands.places import data_folder
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

# Workers have nothing to tell each other: what they must agree on is in the database.
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@click.command()
@click.option("-c", "--concurrency", type=click.IntRange(1, 64), default=2, show_default=True, help="Jobs at a time.")
def worker(concurrency: int) -> None:
    """Run a worker. Any number may run, on any number of machines with the same database and Redis."""
    app = _app()
    app.worker_main(["-q", "worker", "-c", str(concurrency), *_ALONE, "-l", settings().log_level])


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
