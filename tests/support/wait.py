"""Waiting for another process to get somewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def eventually(check: Callable[[], bool], *, within_s: float = 30.0, what: str = "") -> None:
    """Return as soon as `check()` is true; fail the test where that takes longer than `within_s`."""
    pause, end = threading.Event(), time.monotonic() + within_s
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s} s: {what or check}")
        pause.wait(0.02)
