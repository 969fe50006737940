"""Vendors without a network: connectors that yield what a test tells them to, and fail where it tells them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from connectors import records, registry
from connectors.connector import About, Budget, Connector, Field, Limits, Privilege, Reads, WriteWay, stream
from connectors.records import Record, Removed
from connectors.wire import Wire
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api

SECRET = "s3cr3t-of-the-vendor"
Step = Record | Removed | BaseException | Callable[[Wire], None]


@dataclass
class Script:
    """What the vendor does next. `changes` are for reads since a cursor, by stream; `asked` is what was read."""

    steps: dict[str, Sequence[Step]] = field(default_factory=dict)
    changes: dict[str, Sequence[Step]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    sign_in: Step | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    secrets_seen: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list, repr=False)
    closed: int = 0

    def has(self, *rows: Record) -> None:
        """The vendor holds these, and nothing else."""
        by_stream: dict[str, list[Step]] = {}
        for row in rows:
            by_stream.setdefault(_NAMES[type(row)], []).append(row)
        self.steps = dict(by_stream)

    def read(self, wire: Wire, name: str, since: str = "") -> Reads:
        self.asked.append((name, since))
        for step in (self.changes if since else self.steps).get(name, ()):
            if isinstance(step, BaseException):
                raise step
            if callable(step):
                step(wire)
                continue
            yield step
        return self.cursors.get(name, "")


_NAMES: dict[type[Any], str] = {
    records.Account: "accounts",
    records.Sku: "skus",
    records.Seat: "seats",
    records.Subscription: "subscriptions",
    records.Charge: "charges",
}
SCRIPT: list[Script] = []
"""The script of the test that runs."""

_FIELDS = (
    Field(
        name="region",
        label="Region",
        help="As in the address.",
        choices=(("eu", "Europe"), ("us", "America")),
        default="eu",
    ),
    Field(name="client_id", label="Client ID", help="In the vendor's settings."),
    Field(
        name="client_secret",
        label="Client secret",
        help="Shown once.",
        is_secret=True,
        pattern=r"\S{8,}",
        wrong="has at least 8 characters",
    ),
)


class Vendor(Connector):
    """Accounts, SKUs, seats (by changes), subscriptions and (where the right is given) charges."""

    about: ClassVar[About] = About(
        id="fake",
        name="Fake Vendor",
        side="usage",
        category="Test",
        summary="For tests.",
        fields=_FIELDS,
        privileges=(Privilege(name="Invoices: read", why="for cost", is_optional=True),),
        limits=Limits(budgets=(Budget(requests=600, seconds=60, is_shared=True),), at_once=2),
        hosts=("api.fake.example",),
        proof="facts",
    )

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self.script = SCRIPT[-1]
        self.script.wires.append(wire)
        self.script.secrets_seen.append(self.settings["client_secret"])

    def close(self) -> None:
        self.script.closed += 1

    def identify(self) -> str:
        step = self.script.sign_in
        if isinstance(step, BaseException):
            raise step
        if callable(step):
            step(self.wire)
        return "Northbeam at Fake"

    @stream("accounts")
    def accounts(self) -> Reads:
        return self.script.read(self.wire, "accounts")

    @stream("skus")
    def skus(self) -> Reads:
        return self.script.read(self.wire, "skus")

    @stream("seats", incremental=True)
    def seats(self, since: str) -> Reads:
        return self.script.read(self.wire, "seats", since)

    @stream("subscriptions")
    def subscriptions(self) -> Reads:
        return self.script.read(self.wire, "subscriptions")

    @stream("charges", needs="Invoices: read", optional=True)
    def charges(self) -> Reads:
        return self.script.read(self.wire, "charges")


class Movable(Vendor):
    """The same at an address that an admin types."""

    about: ClassVar[About] = About(
        id="movable",
        name="Movable PSA",
        side="psa",
        category="Test",
        summary="For tests.",
        fields=(Field(name="host", label="Host", help="Your own."), *_FIELDS),
        privileges=(),
        limits=Limits(at_once=1, is_confirmed=True),
        hosts=("*",),
        proof="specification",
        writes=WriteWay(kind="absolute", effective="at once", refuses=("a posted period",)),
        fixed_addresses=False,
    )


def playing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """For a fixture: these connectors stand for all there are, and do what the script says."""
    monkeypatch.setattr(registry, "CONNECTORS", {"fake": f"{__name__}:Vendor", "movable": f"{__name__}:Movable"})
    registry.abouts.cache_clear()
    SCRIPT.append(Script())
    yield SCRIPT[-1]
    SCRIPT.pop()
    registry.abouts.cache_clear()


VALUES = {"client_id": "northbeam", "client_secret": SECRET}


def connect(context: Context, label: str = "Fake", **more: Any) -> int:
    """A connection as a person makes it."""
    with transaction(context) as session:
        return api.connect(session, context, connector_id="fake", label=label, values=VALUES, **more)


def many(count: int, make: Callable[[int], Record]) -> list[Record]:
    """`make` of 1 to `count`."""
    return [make(number) for number in range(1, count + 1)]
