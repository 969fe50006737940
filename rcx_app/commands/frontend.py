"""The built pages: made by Reflex and Vite when their sources have changed, and kept otherwise.

A build serves any address: the one it was made for is a placeholder, replaced by the address the browser came by.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import click

from rcx_app.commands.places import ROOT, node_folder
from rcx_app.commands.supervise import Supervisor
from rcx_app.core.errors import Unavailable

_PLACEHOLDER = "rcx-build.invalid"
_URL = re.compile(r"""(["'`])(http|ws)://rcx-build\.invalid(?::\d+)?(/[^"'`]*)?\1""")
_STAMP = "rcx-build"


def web_folder() -> Path:
    """Where Reflex keeps the build."""
    return (ROOT / os.environ.get("REFLEX_WEB_WORKDIR", ".web")).resolve()


def built_files() -> Path:
    return web_folder() / "build" / "client"


def fingerprint() -> str:
    """A hash of everything that a build is made from."""
    digest = hashlib.sha256(f"{version('reflex')} {sys.version_info[:2]}".encode())
    for path in _sources():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    found = [path for path in (ROOT / "rcx_app").rglob("*.py") if "commands" not in path.relative_to(ROOT).parts]
    assets = ROOT / "assets"
    found += [path for path in assets.rglob("*") if path.is_file() and assets / "external" not in path.parents]
    found += [path for path in (ROOT / "rxconfig.py", ROOT / "reflex.lock" / "package-lock.json") if path.exists()]
    return sorted(found)


def is_current() -> bool:
    """Whether the build belongs to the sources as they are."""
    stamp = web_folder() / _STAMP
    return stamp.exists() and (built_files() / "index.html").exists() and stamp.read_text() == fingerprint()


def build(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """Build the pages unless they are current. Raises Unavailable where that fails."""
    if is_current():
        return
    with _alone():
        if is_current():
            return
        click.echo("Building the pages (about half a minute, only after a change) ...", err=True)
        wanted = fingerprint()
        (web_folder() / _STAMP).unlink(missing_ok=True)
        supervisor.run("build", _command(), env=_environment(env), cwd=ROOT)
        serve_any_address(built_files())
        (web_folder() / _STAMP).write_text(wanted)


def _command() -> list[str]:
    return [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    folders = (str(node_folder()), env.get("PATH", os.defpath))
    made = {name: value for name, value in env.items() if name != "REDIS_URL"}
    return made | {
        "PATH": os.pathsep.join(folders),
        "REFLEX_USE_NPM": "1",
        "REFLEX_WEB_WORKDIR": str(web_folder()),
        "RCX_PUBLIC_URL": f"http://{_PLACEHOLDER}",
    }


def serve_any_address(folder: Path) -> None:
    """Let the scripts in `folder` call the address they were loaded from. Raises Unavailable where none would."""
    changed = 0
    for path in sorted(folder.rglob("*.js")):
        before = path.read_text(encoding="utf-8")
        after = _URL.sub(_from_here, before)
        if after == before:
            continue
        changed += 1
        path.write_text(after, encoding="utf-8")
        packed = path.with_name(path.name + ".gz")
        if packed.exists():
            packed.write_bytes(gzip.compress(after.encode(), mtime=0))
    left = [path.name for path in folder.rglob("*.js") if _PLACEHOLDER in path.read_text(encoding="utf-8")]
    if left or not changed:
        raise Unavailable("The pages were built in a form that RCX does not know.", remedy="Use the locked versions.")


def _from_here(match: re.Match[str]) -> str:
    origin = "location.origin" if match[2] == "http" else 'location.origin.replace("http","ws")'
    return f'{origin}+"{match[3] or ""}"'


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time of one folder; a second one waits and then finds it done."""
    folder = web_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
