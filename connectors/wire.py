"""What surrounds a connector while it works: clock and sleep, budgets, permission to write, the guard, remarks.

Made by whoever runs the connector (a job, a command, a test) and handed in; a connector opens its HTTP through it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait and how often to try. Times in seconds; `attempts` counts the first one."""

    connect_s: float = 10.0
    answer_s: float = 60.0
    attempts: int = 5
    first_pause_s: float = 0.5
    longest_pause_s: float = 120.0
    circuit_failures: int = 8
    circuit_rest_s: float = 60.0


class Stopped(Exception):
    """The reading was cancelled from outside."""


Observer = Callable[[str, Mapping[str, object]], None]


@dataclass(slots=True, kw_only=True)
class Wire:
    """The surroundings of one connection.

    `budget_storage` is a storage address of the `limits` library: a Redis one lets all processes share a vendor's
    budget; None: budgets are not kept. `sandbox_url` sends every request to a sandbox instead of the vendor. `observe`
    gets one event per request (host, path, outcome, milliseconds; nothing secret). `is_stopped` is asked before every
    request and every record, so it must be quick.
    """

    budget_storage: str | None = "memory://"
    allow_private_hosts: bool = False
    sandbox_url: str = ""
    may_write: bool = False
    patience: Patience = field(default_factory=Patience)
    page_size: int | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    is_stopped: Callable[[], bool] = lambda: False
    observe: Observer = lambda _event, _fields: None
    _notes: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, text: str) -> None:
        """Remark on something that is odd but harms nothing; said once with its number of times."""
        with self._lock:
            self._notes[text] = self._notes.get(text, 0) + 1

    def notes(self) -> tuple[str, ...]:
        """What was remarked, in order."""
        return tuple(text if times == 1 else f"{text} ({times} times)" for text, times in self._notes.items())

    def pause(self, seconds: float) -> None:
        """Sleep in short steps, so that a cancelled reading ends soon. Raises Stopped."""
        left = seconds
        while left > 0:
            self.go_on()
            step = min(left, 1.0)
            self.sleep(step)
            left -= step
        self.go_on()

    def go_on(self) -> None:
        """Raises Stopped where the reading was cancelled."""
        if self.is_stopped():
            raise Stopped
