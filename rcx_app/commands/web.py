"""`rcx web`: the web server, pages and all, on one port."""

from __future__ import annotations

import os
import sys

import click

from rcx_app.commands import frontend
from rcx_app.commands.places import ROOT, check_port, child_environment, data_folder
from rcx_app.commands.supervise import Supervisor
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: RCX_PORT, else 3000]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; needs Redis.")
@click.option("--build/--no-build", default=True, help="Build the pages first if they have changed.")
def web(host: str, port: int | None, workers: int, build: bool) -> None:
    """Run the web server."""
    if workers > 1 and not settings().redis_url:
        raise Unavailable("Several processes share their state by Redis.", remedy="Set REDIS_URL, or use --workers 1.")
    chosen = port or settings().port
    check_port(host, chosen)
    env = child_environment(data_folder())
    if build:
        with Supervisor(data_folder() / "log") as supervisor:
            frontend.build(supervisor, env)
    elif not frontend.is_current():
        raise Unavailable("The pages are not built.", remedy="Run `rcx web --build`.")
    os.chdir(ROOT)
    os.execve(sys.executable, command(host, chosen, workers), env | environment())  # noqa: S606 - our own interpreter


def command(host: str, port: int, workers: int) -> list[str]:
    """The server's command line."""
    where = ["--host", host, "--port", str(port), "--workers", str(workers), "--respawn-failed-workers"]
    return [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", *where, "rcx_app.rcx_app:app"]


def environment() -> dict[str, str]:
    """What tells Reflex to serve the finished build instead of compiling."""
    return {
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(frontend.web_folder()),
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }
