"""What pages are measured on: `rcx web` on a database of its own, and a headless Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from rcx_app.commands import frontend
from rcx_app.commands.places import ROOT, child_environment
from rcx_app.commands.supervise import Supervisor
from rcx_app.commands.web import command, environment
from rcx_app.core.db import dispose_engines
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find_driver() -> Any:
    """Playwright's way in. Raises Unavailable where it is not installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Unavailable(
            "Pages are measured with Playwright, which is not installed.", remedy="Run `make dev`."
        ) from error
    return sync_playwright


@contextmanager
def browser_of(driver: Any) -> Iterator[Any]:
    """Raises Unavailable where there is no Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with driver() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        except Exception as error:  # Playwright's own error; the module may not be there to name it
            raise Unavailable(
                "No Chromium was found.", remedy="Install chromium, or run `playwright install chromium`."
            ) from error
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def settings_of(folder: Path) -> Iterator[None]:
    """This process works on the folder's SQLite meanwhile."""
    before = settings().database_url
    settings().database_url = f"sqlite:///{folder / 'rcx.db'}"
    try:
        yield
    finally:
        dispose_engines()
        settings().database_url = before


@contextmanager
def web_on(folder: Path) -> Iterator[str]:
    """`rcx web` on the folder's database, on a free port; its pages are built first where their sources changed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    origin = f"http://localhost:{port}"
    own = {
        "RCX_VAR_DIR": str(folder),
        "RCX_DATABASE_URL": f"sqlite:///{folder / 'rcx.db'}",
        "RCX_PORT": str(port),
        "RCX_PUBLIC_URL": origin,
        "REDIS_URL": "",
    }
    env = child_environment(folder) | own
    with Supervisor(folder / "log") as supervisor:
        frontend.build(supervisor, env)
    with (folder / "web.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command("127.0.0.1", port, 1), cwd=ROOT, env=env | environment(), stdout=output, stderr=output
        )
        try:
            _answers(origin, process, folder / "web.log")
            yield origin
        finally:
            process.terminate()
            process.wait(15)


def _answers(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{origin}/healthz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            pass
        # A process that starts tells nobody: its port is all there is to look at.
        time.sleep(0.1)
    raise Unavailable(f"The web server did not start: {log.read_text(errors='replace')[-400:]}")
