"""Running several processes as one: start, watch, and leave nothing behind.

Each child leads a process group of its own, so a Ctrl-C in the terminal reaches only the supervisor, which then ends
the children in order. Where Linux allows it, children are asked to end when the supervisor is killed (an undertaker
sees to it that they do), and their orphans come back to the supervisor to be ended too.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click

from rcx_app.core.errors import Unavailable

_GRACE_S = 10.0
_LOG_MAX_BYTES = 5_000_000
_TAIL = 15
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


Shown = Callable[[str], bool]


def everything(_line: str) -> bool:
    return True


def nothing(_line: str) -> bool:
    return False


def warnings(line: str) -> bool:
    """Whether a line of our log tells of something that went wrong."""
    return re.search(r"\[(warning|error|critical)|\"level\": ?\"(warning|error|critical)", line) is not None


class Stopped(Exception):
    """A person asked for the end."""


@dataclass(slots=True)
class Child:
    """A running part. `tail` holds its last lines. `may_end`: it has an end, and that is no failure.

    `is_needed`: the others need it to end in order.
    """

    name: str
    process: subprocess.Popen[bytes]
    reader: threading.Thread
    tail: deque[str]
    may_end: bool = False
    is_needed: bool = False

    def why(self) -> str:
        """How the process ended, and its last lines."""
        code = self.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        lines = "".join(f"\n  {line}" for line in self.tail)
        return f"{self.name} {how}" + (f"; its last lines:{lines}" if lines else ".")


class Supervisor:
    """The children of this process. Used as a context manager; leaving it ends them all."""

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self.children: list[Child] = []
        self._stop = threading.Event()
        self._hurry = False
        self._before: set[int] = set()
        self._undertaker: subprocess.Popen[str] | None = None
        self._handlers: list[tuple[signal.Signals, Any]] = []

    def start(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, shown: Shown = everything
    ) -> Child:
        """Start a part. Its output goes to ``<log folder>/<name>.log``, and what is `shown` to the console too."""
        process = subprocess.Popen(  # noqa: S603 - RCX's own programs
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if _libc else None,
        )
        tail: deque[str] = deque(maxlen=_TAIL)
        reader = threading.Thread(target=self._read, args=(name, process, tail, shown), daemon=True)
        child = Child(name, process, reader, tail)
        self.children.append(child)
        self._tell_undertaker(str(process.pid))
        reader.start()
        return child

    def run(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        """Run a part to its end. Raises Unavailable where it fails, Stopped where a person ends it."""
        child = self.start(name, command, env=env, cwd=cwd, shown=nothing)
        child.may_end = True
        self.wait_end(child)

    def wait_end(self, child: Child) -> None:
        """Wait for a part that has an end. Raises Unavailable where it or another fails, Stopped as ever."""
        while child.process.poll() is None:
            self.check()
            self.pause(0.05)
        self.check()
        self.children.remove(child)

    def _tell_undertaker(self, line: str) -> None:
        if self._undertaker is not None and self._undertaker.stdin is not None:
            with suppress(BrokenPipeError):
                self._undertaker.stdin.write(f"{line}\n")
                self._undertaker.stdin.flush()

    def pause(self, seconds: float) -> None:
        """Wait a little. Raises Stopped where a person asked for the end."""
        if self._stop.wait(seconds):
            raise Stopped

    def check(self) -> None:
        """Raises Unavailable where a part has ended by itself or failed."""
        for child in self.children:
            code = child.process.poll()
            if code is not None and not (child.may_end and code == 0):
                child.reader.join(2)
                raise Unavailable(child.why(), remedy=f"\nThe whole log is {self.log_folder / child.name}.log.")

    def wait_for(self, what: str, is_ready: Callable[[], bool], *, within_s: float) -> None:
        """Wait until `is_ready()`. Raises Unavailable where a part ends or the time is over, Stopped as ever."""
        end = time.monotonic() + within_s
        while not is_ready():
            self.check()
            if time.monotonic() > end:
                raise Unavailable(f"{what} did not answer within {within_s:.0f} s.", remedy=f"See {self.log_folder}.")
            self.pause(0.1)

    def watch(self) -> None:
        """Stay until a part ends (Unavailable) or a person asks for the end (Stopped)."""
        while True:
            self.check()
            self.pause(0.25)

    def ask_to_stop(self, *_: object) -> None:
        """The handler of the signals: the first one stops in order, a second one at once."""
        self._hurry = self._stop.is_set()
        self._stop.set()

    def __enter__(self) -> Supervisor:
        if _libc:
            self._before = set(_children_of(os.getpid()))
            _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._handlers = [(number, signal.signal(number, self.ask_to_stop)) for number in signals]
        self._undertaker = subprocess.Popen(
            [sys.executable, "-m", "rcx_app.commands.undertaker"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._end_all()
        self._tell_undertaker("done")
        if self._undertaker is not None:
            self._undertaker.communicate()
        for number, handler in self._handlers:
            signal.signal(number, handler)

    def _end_all(self) -> None:
        """End the parts together, but those that the others need after them."""
        for is_needed in (False, True):
            self._end([child for child in self.children if child.is_needed is is_needed])
        if _libc:
            _end_orphans(self._before | {self._undertaker.pid if self._undertaker else 0})
            _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def _end(self, children: Sequence[Child]) -> None:
        for child in children:
            with suppress(ProcessLookupError):
                child.process.terminate()
        end = time.monotonic() + _GRACE_S
        for child in children:
            while child.process.poll() is None and time.monotonic() < end and not self._hurry:
                time.sleep(0.02)
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _read(self, name: str, process: subprocess.Popen[bytes], tail: deque[str], shown: Shown) -> None:
        assert process.stdout is not None
        with _open_log(self.log_folder / f"{name}.log") as log, process.stdout as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                tail.append(line)
                log.write(line + "\n")
                log.flush()
                if shown(line):
                    click.echo(f"{name:>6} | {line}", err=True)


def _open_log(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_MAX_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("a", encoding="utf-8")


def _end_with_parent() -> None:
    assert _libc is not None
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end_orphans(others: set[int]) -> None:
    """End what the children left behind: as their sub-reaper, this process has become its parent."""
    for _ in range(50):
        children = [pid for pid in _children_of(os.getpid()) if pid not in others]
        if not children:
            return
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                # The name of the program, in brackets, may itself hold spaces and brackets.
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
    return found
