"""Keeps to a vendor's declared limits: requests per window, shared between processes, and requests at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from limits import RateLimitItemPerSecond
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from connectors.connector import Limits
from connectors.wire import Wire


class Gate:
    """Lets requests of one vendor account through, as fast as its limits allow and no faster.

    `account` tells budgets apart: connections with the same account spend from one budget.
    """

    def __init__(self, wire: Wire, vendor: str, account: str, limits: Limits) -> None:
        self._wire = wire
        self._account = account
        self._slots = threading.BoundedSemaphore(max(1, limits.at_once))
        self._window = _window(wire.budget_storage or "memory://")
        self._items = [
            RateLimitItemPerSecond(max(1, int(each.requests * (1 - each.headroom))), each.seconds, f"rcx-{vendor}")
            for each in (limits.budgets if wire.budget_storage else ())
        ]
        self._rest_until = 0.0

    @contextmanager
    def request(self) -> Iterator[None]:
        """Wait for a turn; the slot is held while the request runs. Raises Stopped where the reading is cancelled."""
        self._wire.go_on()
        with self._slots:
            self._wait_for_rest()
            for item in self._items:
                self._spend(item)
            yield

    def rest(self, seconds: float) -> None:
        """The vendor asked for silence: nobody asks again before it is over."""
        self._rest_until = max(self._rest_until, self._wire.clock() + seconds)

    def left(self) -> tuple[tuple[int, int, int], ...]:
        """For each budget: requests left, requests RCX may make, seconds of its window."""
        return tuple(
            (int(self._window.get_window_stats(item, self._account)[1]), item.amount, item.multiples or 1)
            for item in self._items
        )

    def _wait_for_rest(self) -> None:
        while (left := self._rest_until - self._wire.clock()) > 0:
            self._wire.pause(left)

    def _spend(self, item: RateLimitItemPerSecond) -> None:
        while not self._window.hit(item, self._account):
            reset_at = float(self._window.get_window_stats(item, self._account)[0])
            self._wire.pause(min(max(reset_at - time.time(), 0.02), float(item.multiples or 1)))


@lru_cache(maxsize=8)
def _window(address: str) -> MovingWindowRateLimiter:
    """One storage per address and process; a Redis one is shared with the other processes."""
    storage: Any = storage_from_string(address)
    assert isinstance(storage, Storage)
    return MovingWindowRateLimiter(storage)
