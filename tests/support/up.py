"""A real `rcx up` for tests: started in a folder of its own, ended without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import touching
from tests.support.wait import eventually

ROOT = Path(__file__).parents[2]
# A fresh checkout builds its pages first.
START_S = 600.0


@dataclass
class Running:
    """A started `rcx up`."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self.said())
        return f"RCX runs at {self.address}" in self.said()

    def ends(self, within_s: float = 40.0) -> int:
        eventually(lambda: self.process.poll() is not None, within_s=within_s, what="rcx up ends")
        return int(self.process.returncode)

    def leaves_nothing(self) -> None:
        eventually(lambda: touching(str(self.data)) == {}, what="no process is left")


@contextmanager
def started(folder: Path, port: int, *options: str, log: str = "up.log") -> Iterator[Running]:
    """`rcx up --port` with its data in `folder`; whatever is left of it at the end is killed."""
    data, output = folder / "data", folder / log
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "rcx_app.cli", "up", "--no-open", "--port", str(port), *options],
            cwd=ROOT,
            # Who signs up here goes straight to work; the way in has tests of its own.
            env={"RCX_ONBOARDING": "open", **os.environ, "RCX_VAR_DIR": str(data)},
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        yield Running(process, port, data, output)
    finally:
        for pid in touching(str(data)):
            # It may end by itself meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
