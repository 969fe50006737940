"""`rcx worker` whose first sync stops at a gate around the switch, so that a test can strike at that very moment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rcx_app.commands.worker import worker
from rcx_app.domain.sync import run

BEFORE, WRITTEN = "before the switch", "with the switch written, not committed"
FOLDER, MOMENT = "TEST_GATE_FOLDER", "TEST_GATE_MOMENT"
_switch = run._put_into_force


def _held(*args: Any) -> Any:
    if os.environ[MOMENT] == BEFORE:
        _wait()
    result = _switch(*args)
    if os.environ[MOMENT] == WRITTEN:
        _wait()
    return result


def _wait() -> None:
    """At the gate (a named pipe), once in the life of the folder."""
    folder = Path(os.environ[FOLDER])
    try:
        (folder / "reached").touch(exist_ok=False)
    except FileExistsError:
        return
    (folder / "gate").read_text()


if __name__ == "__main__":
    run._put_into_force = _held  # type: ignore[assignment]
    worker.main(["-c", "2"])
