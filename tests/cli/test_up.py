"""`rcx up` for real: it answers, it ends without a trace, and it says what stands in its way."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import touching
from tests.support.servers import free_port
from tests.support.up import START_S, Running, started
from tests.support.wait import eventually

StartUp = Callable[..., Running]


@pytest.fixture
def start_up(tmp_path: Path) -> Iterator[StartUp]:
    with ExitStack() as stack:
        logs = count()

        def start(port: int | None = None, *, demo: bool = False) -> Running:
            options = ["--demo"] * demo
            made = started(tmp_path, port or free_port(), *options, log=f"up{next(logs)}.log")
            return stack.enter_context(made)

        yield start


@pytest.mark.redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_answers_and_ends_without_a_trace(start_up: StartUp, number: signal.Signals) -> None:
    running = start_up()
    eventually(running.answers, within_s=START_S, what="RCX runs")
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/readyz", timeout=10) as answer:
        assert b'"redis":"ok"' in answer.read()
    names = " ".join(touching(str(running.data)).values())
    for part in ("redis-server", "worker", "beat", "granian"):
        assert part in names
    if number is signal.SIGINT:
        second = start_up()
        assert second.ends() == 1
        assert re.fullmatch(r"Error: RCX already runs with the data folder .+\n", second.said())
    running.process.send_signal(number)
    assert running.ends() == 0
    assert running.said().endswith("Stopped.\n")
    running.leaves_nothing()


@pytest.mark.redis
def test_a_part_that_dies_ends_all_and_is_named(start_up: StartUp) -> None:
    running = start_up()
    eventually(running.answers, within_s=START_S, what="RCX runs")
    worker = min(pid for pid, command in touching(str(running.data)).items() if "worker --queues quick" in command)
    os.kill(worker, signal.SIGKILL)
    assert running.ends() == 1
    assert "Error: worker was ended by SIGKILL" in running.said()
    running.leaves_nothing()


@pytest.mark.redis
def test_its_parts_end_even_when_it_is_killed(start_up: StartUp) -> None:
    running = start_up()
    eventually(running.answers, within_s=START_S, what="RCX runs")
    running.process.kill()
    running.process.wait()
    running.leaves_nothing()


def test_a_busy_port_is_one_line(start_up: StartUp) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        running = start_up(busy.getsockname()[1])
        assert running.ends() == 1
    assert re.fullmatch(
        r"Error: Port \d+ is in use by another program\. Stop it, or use --port \d+\.\n", running.said()
    )


def demo_rows(running: Running, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(running.data / "rcx.db")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.redis
def test_the_demo_is_built_once_and_leaves_work(start_up: StartUp) -> None:
    first = start_up(demo=True)
    eventually(lambda: first.answers() and "signs you in" in first.said(), within_s=START_S, what="the demo is ready")
    (link,) = re.findall(r"http://\S+/welcome\?token=\S+", first.said())
    with urllib.request.urlopen(link, timeout=10) as page:
        assert page.status == 200
    connections = demo_rows(first, "SELECT side, state, is_sandbox FROM connection")
    assert sorted(connections) == [("psa", "ok", 1)] + [("usage", "ok", 1)] * 8
    assert demo_rows(first, "SELECT DISTINCT state FROM sync_run") == [("done",)]
    mappings = dict(demo_rows(first, "SELECT state, count(*) FROM account_mapping GROUP BY state"))
    assert mappings["mapped"] > mappings["suggested"] > 0
    rules = dict(demo_rows(first, "SELECT state, count(*) FROM service_rule GROUP BY state"))
    assert rules["active"] > rules["suggested"] > 0
    assert {kind for (kind,) in demo_rows(first, "SELECT DISTINCT kind FROM finding")} >= {"calculated", "unmapped"}
    assert demo_rows(first, "SELECT count(*) FROM job_run WHERE state <> 'done'") == [(0,)]
    first.process.send_signal(signal.SIGINT)
    assert first.ends() == 0

    jobs = demo_rows(first, "SELECT count(*) FROM job_run")
    second = start_up(demo=True)
    eventually(lambda: second.answers() and "signs you in" in second.said(), within_s=START_S, what="it is ready again")
    assert demo_rows(second, "SELECT count(*) FROM job_run") == jobs
    assert link not in second.said()
    second.process.send_signal(signal.SIGINT)
    assert second.ends() == 0
