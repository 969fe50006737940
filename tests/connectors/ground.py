"""A connector on its sandbox: what every test of connectors stands on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from connectors.connector import Connector
from connectors.http import budgets
from connectors.records import Record, Removed
from connectors.registry import connector_class
from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import VENDORS, Sandbox
from connectors.sandbox.server.serve import running
from connectors.wire import Patience, Wire

QUICK = Patience(
    connect_s=5, answer_s=20, attempts=3, first_pause_s=0.001, longest_pause_s=30, circuit_failures=50, circuit_rest_s=1
)


@dataclass
class Ground:
    """One vendor's connector and server. Pauses are written down in `paused`, not slept."""

    id: str
    sandbox: Sandbox
    url: str
    paused: list[float] = field(default_factory=list)
    observed: list[Mapping[str, object]] = field(default_factory=list)
    made: list[Connector] = field(default_factory=list)

    @property
    def server(self) -> Any:
        return self.sandbox.servers[self.id]

    @property
    def cls(self) -> type[Connector]:
        return connector_class(self.id)

    @property
    def town(self) -> Town:
        found: Town = self.sandbox.town
        return found

    def wire(self, **more: Any) -> Wire:
        given = {
            "sandbox_url": self.url,
            "patience": QUICK,
            "budget_storage": None,
            "sleep": self.paused.append,
            "clock": lambda: time.monotonic() + sum(self.paused),
            "observe": lambda event, fields: self.observed.append({"event": event, **fields}),
        }
        return Wire(**{**given, **more})

    def connector(self, settings: Mapping[str, str] | None = None, **wire: Any) -> Any:
        """A fresh connector with the sandbox's good settings, some of them replaced."""
        made = self.cls({**self.server.settings, **(settings or {})}, self.wire(**wire))
        self.made.append(made)
        return made

    def read(self, stream: str, since: str = "", **wire: Any) -> dict[str, Record | Removed]:
        """A whole stream by external id; the last record of an id wins, as it does when it is stored."""
        with self.connector(**wire) as connector:
            reading = connector.read(stream, since)
            found = {record.external_id: record for record in reading}
        assert reading.is_complete
        return found

    def reset(self) -> None:
        """Every test begins without faults, budgets, memories and open connections."""
        for connector in self.made:
            connector.close()
        self.made.clear()
        self.sandbox.faults.clear()
        self.sandbox.exchanges.clear()
        self.sandbox.strangers.clear()
        self.sandbox.keeps = False
        self.sandbox.before = None
        self.paused.clear()
        self.observed.clear()
        budgets._window.cache_clear()


@contextmanager
def ground(connector_id: str, *, seed: int = 11, clients: int = 8, seats: int = 120) -> Iterator[Ground]:
    """A small estate as of today, served for one vendor."""
    town = Town(build(seed, clients, seats, as_of=today()))
    sandbox = Sandbox(town, {connector_id: VENDORS[connector_id]})
    with running(sandbox) as url:
        made = Ground(connector_id, sandbox, url)
        try:
            yield made
        finally:
            made.reset()


def today() -> date:
    return datetime.now(UTC).date()
