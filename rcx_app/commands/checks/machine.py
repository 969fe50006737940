"""This machine: settings, packages, the data folder and its disk, the key, node and the built pages."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rcx_app.commands import frontend
from rcx_app.commands.checks.finding import Finding, Place
from rcx_app.commands.places import check_packages, data_folder, node_folder
from rcx_app.core import crypto
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

_LEAST_FREE_BYTES = 1_000_000_000
_LEAST_FREE_SHARE = 0.1
_TOO_LITTLE_BYTES = 100_000_000
_LEAST_NODE = 20


def configured(_: Place) -> Iterator[Finding]:
    given = sorted(settings().model_fields_set)
    yield Finding("settings", "ok", f"given: {', '.join(given)}" if given else "all by default")


def packages(_: Place) -> Iterator[Finding]:
    check_packages()
    yield Finding("packages", "ok", "complete")


def data(_: Place) -> Iterator[Finding]:
    """The data folder, and the disks that it and a SQLite database lie on."""
    folder = data_folder()
    yield Finding("data", "ok", f"{folder} can be written")
    places = {folder}
    url = settings().sqlalchemy_url
    if url.startswith("sqlite:///"):
        places.add(Path(url.removeprefix("sqlite:///")).resolve().parent)
    for place in sorted(places):
        yield _disk(place)


def _disk(place: Path) -> Finding:
    found = shutil.disk_usage(place)
    share = found.free / found.total if found.total else 0
    said = f"{found.free / 1e9:,.1f} GB ({share:.0%}) are free where {place} lies"
    remedy = "Make room: at least 1 GB and a tenth of the disk should be free."
    if found.free < _TOO_LITTLE_BYTES:
        return Finding("disk", "failed", said, remedy)
    if found.free < _LEAST_FREE_BYTES or share < _LEAST_FREE_SHARE:
        return Finding("disk", "warning", said, remedy)
    return Finding("disk", "ok", said)


def key(_: Place) -> Iterator[Finding]:
    if crypto.decrypt(crypto.encrypt({"probe": "1"})) != {"probe": "1"}:
        raise Unavailable("The key does not decrypt what it encrypts.", remedy="Check RCX_SECRET_KEYS.")
    where = "RCX_SECRET_KEYS" if settings().secret_keys.get_secret_value() else "secret.key in the data folder"
    yield Finding("key", "ok", f"{where}; keep a copy of it, stored credentials are lost without it")


def node(_: Place) -> Iterator[Finding]:
    program = node_folder() / "node"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    version = told.stdout.strip().removeprefix("v")
    if not version or int(version.partition(".")[0]) < _LEAST_NODE:
        raise Unavailable(
            f"{program} is version {version or 'unknown'}.", remedy=f"Node {_LEAST_NODE} or newer is needed."
        )
    yield Finding("node", "ok", f"version {version}")


def pages(_: Place) -> Iterator[Finding]:
    yield Finding("pages", "ok", "built" if frontend.is_current() else "will be built at the next start")
