"""Strikes a writing worker down at chosen or random points, lets the next one go on, and says what the PSA got.

By hand, with many random points: ``python -m tests.support.kills VENDOR TRIALS [SEED] [sqlite | postgresql]``. The
vendor `connectwise-split` is ConnectWise with agreements that prorate, where a change is two operations.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import structlog
from starlette.requests import Request

from rcx_app.core import crypto
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.writeback.schemas import ChangeState
from tests.conftest import ROOT, World, make_workspace, migrate
from tests.support.servers import postgres_server
from tests.support.writeback import NOT_REPEATED, Psa, psa

_PATIENCE_S = 60.0


class Nursery:
    """The process whose children do the work."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "nursery.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.write_worker"],
            cwd=ROOT,
            env=dict(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._said() == "ready", (folder / "nursery.log").read_text()

    def start(self, job_id: int) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{job_id}\n")
        self._process.stdin.flush()
        return int(self._said())

    def ended(self) -> bool:
        """Whether the child came to its end by itself; waits for it."""
        return self._said() == "ended"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class Trial:
    """One change whose worker was killed: how it stands after the next start, and what the PSA got."""

    was_killed: bool
    left: str
    state: ChangeState
    effect: str
    sent: int
    operations: int

    @property
    def is_doubled(self) -> bool:
        return self.effect == "moved"


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    made = Nursery(folder)
    try:
        yield made
    finally:
        made.close()


def kill_at_request(here: Psa, nurse: Nursery, job_id: int, number: int, delay_s: float = 0.0) -> tuple[bool, int]:
    """Kill `delay_s` after the job's `number`-th request (from 1) has reached the PSA, which serves it in any case.

    Returns whether the worker was killed, and how many requests it made.
    """
    seen = [0]
    child: list[int] = []
    known = threading.Event()

    def strike() -> None:
        with suppress(ProcessLookupError):
            os.kill(child[0], signal.SIGKILL)

    def before(_vendor: str, _request: Request) -> None:
        seen[0] += 1
        if seen[0] == number:
            known.wait(_PATIENCE_S)
            if delay_s:
                timer = threading.Timer(delay_s, strike)
                timer.daemon = True
                timer.start()
                timers.append(timer)
            else:
                strike()

    timers: list[threading.Timer] = []
    here.sandbox.before = before
    try:
        child.append(nurse.start(job_id))
        known.set()
        was_killed = not nurse.ended()
        for timer in timers:
            timer.cancel()
        return was_killed, seen[0]
    finally:
        here.sandbox.before = None


def settled(here: Psa, nurse: Nursery, change_set_id: int, job_id: int, *, was_killed: bool) -> Trial:
    """Let the next worker take the job over, and look."""
    intents = [each for each in here.intents() if each.line_change_id == here.only(change_set_id).id]
    left = intents[-1].state if intents else "none"
    if was_killed:
        with transaction(None) as session:
            jobs.disown_running(session)
        nurse.start(job_id)
        assert nurse.ended()
    change = here.only(change_set_id)
    return Trial(
        was_killed=was_killed,
        left=left,
        state=change.state,
        effect=here.shows(change) if here.intents() else "none",
        sent=len(here.sent()),
        operations=len(change.says),
    )


def prepared(here: Psa, by: int) -> tuple[int, int]:
    """(change set, job) approved and not sent, of a line that the PSA lets be set."""
    _line, made = here.first_writable(by)
    here.approve(made)
    here.sandbox.exchanges.clear()
    job_id = here.waiting_job()
    assert job_id is not None
    return made, job_id


def is_right(here: Psa, trial: Trial) -> bool:
    """Never more than once, and what is said of it is what the PSA shows."""
    if trial.is_doubled or trial.sent > trial.operations:
        return False
    if trial.state == ChangeState.VERIFIED:
        return trial.effect == "applied"
    # What may not be sent again (a difference, a new line) stays open where its request was not seen to arrive.
    is_sent_once = here.vendor in NOT_REPEATED or trial.operations > 1
    return is_sent_once and (trial.state, trial.effect) == (ChangeState.UNCLEAR, "not_applied")


@contextmanager
def _database(kind: str, folder: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/rcx.db"
        return
    with postgres_server() as server:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE kills")
        yield f"{server.replace('postgresql://', 'postgresql+psycopg://')}/kills"


@contextmanager
def _estate(vendor: str, database: str) -> Iterator[tuple[Psa, Nursery]]:
    """A database and a PSA of their own."""
    patch = pytest.MonkeyPatch()
    vendor, _, look = vendor.partition("-")
    with tempfile.TemporaryDirectory(prefix="rcx-kills-") as name, _database(database, name) as url:
        patch.setenv("RCX_VAR_DIR", f"{name}/var")
        patch.setenv("RCX_DATABASE_URL", url)
        settings.cache_clear()
        crypto.forget_keys()
        migrate(url)
        world = World(url=url, ours=make_workspace("Northbeam IT"), theirs=make_workspace("Southlight MSP"))
        with psa(world, vendor, patch, clients=25) as here, nursery(Path(name)) as nurse:
            if look == "split":
                here.prorate()
            yield here, nurse
        dispose_engines()
    patch.undo()


def _strike(here: Psa, nurse: Nursery, chance: random.Random, tally: Counter[str], trials: int) -> int:
    """Trials until all lines of the estate are used; how many were wrong."""
    wrong, most = 0, 24
    while tally.total() < trials:
        try:
            made, job_id = prepared(here, chance.choice((1, 2, 3)))
        except LookupError:
            return wrong
        number, delay_s = chance.randint(1, most), chance.choice((0.0, chance.uniform(0.0, 0.05)))
        was_killed, requests = kill_at_request(here, nurse, job_id, number, delay_s)
        if not was_killed:
            most = requests
        trial = settled(here, nurse, made, job_id, was_killed=was_killed)
        if not is_right(here, trial):
            wrong += 1
            print(f"WRONG: {trial}", flush=True)
        tally[f"killed={was_killed} intent={trial.left} -> {trial.state} ({trial.effect}), sent {trial.sent}"] += 1
    return wrong


def main(vendor: str, trials: int, seed: int, database: str) -> int:
    """Random points; prints how the trials ended. 1 where any was wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chance = random.Random(seed)
    tally: Counter[str] = Counter()
    wrong, estates = 0, 0
    with suppress(KeyboardInterrupt):
        while tally.total() < trials:
            estates += 1
            with _estate(vendor, database) as (here, nurse):
                wrong += _strike(here, nurse, chance, tally, trials)
    print(f"{vendor} on {database}: {tally.total()} trials on {estates} estates, {wrong} wrong")
    for said, count in sorted(tally.items()):
        print(f"  {count:4d}  {said}")
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [*sys.argv[1:], *("1", "sqlite")[len(sys.argv) - 3 :]]
    sys.exit(main(given[0], int(given[1]), int(given[2]), given[3]))
