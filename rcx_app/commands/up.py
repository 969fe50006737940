"""`rcx up`: everything on this machine, from the database to the pages, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from rcx_app.commands import frontend, migrate, own_redis, web
from rcx_app.commands.places import ROOT, check_packages, check_port, child_environment, data_folder, free_port
from rcx_app.commands.supervise import Stopped, Supervisor, nothing, warnings
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service as jobs

_START_S = 120.0
_WORKERS = (
    ("worker", "--queues", "quick", "-c", "2"),
    ("syncs", "--queues", "sync", "-c", "2"),
    ("upkeep", "--queues", "upkeep", "-c", "1"),
)
"""Name and options: apart, so that syncs, what people wait for, and housekeeping do not keep each other waiting."""


@click.command()
@click.option("--demo", is_flag=True, help="Build a demo workspace and print a link that signs in to it.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages.  [default: RCX_PORT, else 3000]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def up(demo: bool, port: int | None, host: str, no_open: bool) -> None:
    """Run RCX on this machine: database, Redis, workers, scheduler and pages. Ctrl-C ends it all."""
    check_packages()
    chosen = port or settings().port
    data = data_folder()
    with _only_one(data, chosen), Supervisor(data / "log") as supervisor:
        check_port(host, chosen)
        try:
            _run(supervisor, data, host, chosen, demo=demo, opens=not no_open)
        except Stopped:
            click.echo("Stopping ...", err=True)
    click.echo("Stopped.", err=True)


def _run(supervisor: Supervisor, data: Path, host: str, port: int, *, demo: bool, opens: bool) -> None:
    began = time.monotonic()
    address = _address(port)
    env = child_environment(data) | {"RCX_PORT": str(port), "RCX_PUBLIC_URL": address}
    rcx = [sys.executable, "-m", "rcx_app.cli"]
    migrate.to_head()
    supervisor.pause(0)
    if not settings().redis_url:
        env["REDIS_URL"] = own_redis.start(supervisor, data)
        _resume_jobs()
    if demo and not settings().sandbox_url:
        sandbox_port = free_port()
        env["RCX_SANDBOX_URL"] = f"http://127.0.0.1:{sandbox_port}"
        supervisor.start("sandbox", [*rcx, "sandbox", "--port", str(sandbox_port)], env=env, cwd=ROOT, shown=nothing)
    frontend.build(supervisor, env)
    for name, *options in _WORKERS:
        supervisor.start(name, [*rcx, "worker", *options], env=env, cwd=ROOT, shown=warnings)
    supervisor.start("beat", [*rcx, "beat"], env=env, cwd=ROOT, shown=warnings)
    supervisor.start("web", web.command(host, port, 1), env=env | web.environment(), cwd=ROOT, shown=_for_people)
    link_file = data / "demo-link"
    builder = None
    if demo:
        builder = supervisor.start("demo", [*rcx, "demo", "--out", str(link_file)], env=env, cwd=ROOT)
        builder.may_end = True
    supervisor.wait_for("The web server", lambda: _answers(host, port), within_s=_START_S)
    click.echo(f"\nRCX runs at {address} (after {time.monotonic() - began:.0f} s). Ctrl-C ends it.\n", err=True)
    link = ""
    if builder is not None:
        supervisor.wait_end(builder)
        link = link_file.read_text().strip()
        link_file.unlink()
        click.echo(f"\nThe demo is ready. This link signs you in, once:\n\n    {link}\n", err=True)
    if opens:
        _open(link or address)
    supervisor.watch()


def _address(port: int) -> str:
    """What people type: the public address where it is set, else this machine and the port."""
    return settings().public_url if "public_url" in settings().model_fields_set else f"http://localhost:{port}"


def _for_people(line: str) -> bool:
    """Mails are shown (their links are needed), the server's own lines are not."""
    return not line.startswith("[INFO]")


def _resume_jobs() -> None:
    """Jobs that ran when this machine's last `rcx up` ended begin anew, without the wait for their heartbeat."""
    if settings().database_url:
        return  # workers elsewhere may be at it
    with transaction(None) as session:
        jobs.disown_running(session)
    dispose_engines()


def _answers(host: str, port: int) -> bool:
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - read, not bound
    try:
        with urllib.request.urlopen(f"http://{here}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _open(address: str) -> None:
    has_screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if has_screen and sys.stderr.isatty():
        webbrowser.open(address)


@contextmanager
def _only_one(data: Path, port: int) -> Iterator[None]:
    """Hold the data folder for this process. Raises Unavailable where another `rcx up` does."""
    path = data / "up.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Unavailable(
                f"RCX already runs with the data folder {data} ({lock.read().strip() or 'starting'}).",
                remedy="Use that one, stop it, or set RCX_VAR_DIR to another folder.",
            ) from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, port {port}")
        lock.flush()
        yield
        lock.truncate(0)
