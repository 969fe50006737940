"""How many units of a service a contract has, and when: what the unit rows of one contract service say together.

Autotask keeps a row for each billing period of the contract, split at every adjustment (developer help,
ContractServiceUnits). Which row counts is decided here; nothing is read or written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.http.rows import Row
from connectors.vendors.autotask.session import need_day

DAY = timedelta(days=1)
HORIZON = timedelta(days=62)
"""How far ahead unit rows are read: enough to know whether a service goes on after its running period."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Services and bundles are the same thing twice: names of their entities and fields, and of our ids."""

    noun: str
    prefix: str
    catalogue: str
    catalogue_key: str
    links: str
    link_key: str
    units: str
    adjustments: str

    def line_id(self, number: str) -> str:
        return f"{self.prefix}{number}"

    def code(self, row: Row) -> str:
        """The product code of a catalogue row, which lines refer to: the SKU where it has one, else its id."""
        return row.text("sku") or self.line_id(row.need("id"))


SERVICE = Kind(
    noun="service",
    prefix="",
    catalogue="Services",
    catalogue_key="serviceID",
    links="ContractServices",
    link_key="contractServiceID",
    units="ContractServiceUnits",
    adjustments="ServiceAdjustments",
)
BUNDLE = Kind(
    noun="service bundle",
    prefix="bundle/",
    catalogue="ServiceBundles",
    catalogue_key="serviceBundleID",
    links="ContractServiceBundles",
    link_key="contractServiceBundleID",
    units="ContractServiceBundleUnits",
    adjustments="ServiceBundleAdjustments",
)
KINDS = (SERVICE, BUNDLE)


@dataclass(frozen=True, slots=True)
class Units:
    """One unit row; `ends_on` is its last day, `is_posted` whether it was approved and posted."""

    id: str
    starts_on: date
    ends_on: date
    units: Decimal
    is_posted: bool

    @classmethod
    def of(cls, row: Row) -> Units:
        return cls(
            id=row.need("id"),
            starts_on=need_day(row, "startDate"),
            ends_on=need_day(row, "endDate"),
            units=row.need_exact("units"),
            is_posted=row.day("approveAndPostDate") is not None,
        )

    def covers(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(slots=True)
class Track:
    """The rows of one contract service up to the horizon, of which only what a line needs is kept."""

    today: date
    starts_on: date
    ends_on: date
    first: Units
    last: Units
    current: Units | None = None
    posted_to: date | None = None

    @classmethod
    def begun(cls, row: Units, today: date) -> Track:
        return cls(today, row.starts_on, row.ends_on, row, row)

    def add(self, row: Units) -> None:
        """Take one more row; the order does not matter, nor does a row that comes twice."""
        if row.starts_on < self.first.starts_on:
            self.first, self.starts_on = row, row.starts_on
        if row.ends_on >= self.last.ends_on:
            self.last, self.ends_on = row, row.ends_on
        if row.covers(self.today):
            self.current = row
        if row.is_posted and (self.posted_to is None or row.ends_on > self.posted_to):
            self.posted_to = row.ends_on

    @property
    def quantity(self) -> Decimal:
        """The units in force today; of a service that has ended the last ones, of one to come the first."""
        if self.current is not None:
            return self.current.units
        return self.first.units if self.starts_on > self.today else self.last.units

    def cancelled_on(self, *, is_running: bool) -> date | None:
        """The first day without units; None where they go on beyond the horizon.

        `is_running` False: the contract was switched off without an end; it is billed to the end of what was posted.
        """
        if not is_running:
            return self.starts_on if self.posted_to is None else self.posted_to + DAY
        return self.ends_on + DAY if self.ends_on < self.today + HORIZON else None
