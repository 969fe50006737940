"""The supervisor tells why a part ended and leaves no process behind, however they behave."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rcx_app.commands.supervise import Stopped, Supervisor
from rcx_app.core.errors import Unavailable
from tests.support.processes import touching
from tests.support.wait import eventually

FOREVER = "import signal; signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
# Leaves a grandchild in a session of its own, where no signal to the group reaches it.
STRAY = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}], start_new_session=True)"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "MARK": str(tmp_path)}


def start(supervisor: Supervisor, name: str, code: str, env: dict[str, str], tmp_path: Path) -> None:
    supervisor.start(name, [sys.executable, "-c", code], env=env, cwd=tmp_path)


def test_nothing_is_left_behind(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcx_app.commands.supervise._GRACE_S", 0.2)
    with Supervisor(tmp_path) as supervisor:
        start(supervisor, "forever", FOREVER, env, tmp_path)
        start(supervisor, "deaf", DEAF, env, tmp_path)
        start(supervisor, "stray", STRAY + f"; {FOREVER}", env, tmp_path)
        eventually(lambda: len(touching(str(tmp_path))) == 4, what="all run")
        eventually(lambda: "deaf" in (tmp_path / "deaf.log").read_text(), what="it is deaf")
    assert touching(str(tmp_path)) == {}


def test_a_part_that_ends_is_named_with_its_last_words(tmp_path: Path, env: dict[str, str]) -> None:
    with Supervisor(tmp_path) as supervisor:
        start(supervisor, "forever", FOREVER, env, tmp_path)
        start(supervisor, "web", "import sys; print('no such page'); sys.exit(3)", env, tmp_path)
        with pytest.raises(Unavailable, match="web ended with exit code 3") as told:
            supervisor.watch()
        assert "no such page" in str(told.value)
        assert "web.log" in str(told.value)
    assert "no such page" in (tmp_path / "web.log").read_text()
    assert touching(str(tmp_path)) == {}


def test_a_part_that_is_killed_is_told_so(tmp_path: Path, env: dict[str, str]) -> None:
    with Supervisor(tmp_path) as supervisor:
        start(supervisor, "worker", FOREVER, env, tmp_path)
        supervisor.children[0].process.kill()
        with pytest.raises(Unavailable, match="worker was ended by SIGKILL"):
            supervisor.watch()


def test_a_part_with_an_end_may_end(tmp_path: Path, env: dict[str, str]) -> None:
    with Supervisor(tmp_path) as supervisor:
        start(supervisor, "forever", FOREVER, env, tmp_path)
        supervisor.run("migrate", [sys.executable, "-c", "print('done')"], env=env, cwd=tmp_path)
        supervisor.check()
        with pytest.raises(Unavailable, match="migrate ended with exit code 1"):
            supervisor.run("migrate", [sys.executable, "-c", "raise SystemExit(1)"], env=env, cwd=tmp_path)


def test_what_does_not_answer_in_time_is_named(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(Unavailable, match="Redis did not answer"):
        supervisor.wait_for("Redis", lambda: False, within_s=0.05)


def test_a_request_to_stop_ends_every_wait(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.ask_to_stop()
        with pytest.raises(Stopped):
            supervisor.watch()
        with pytest.raises(Stopped):
            supervisor.wait_for("nothing", lambda: False, within_s=60)
