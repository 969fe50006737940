"""Recurring service contracts and what is billed on them: contract, contract service and units as one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Line
from connectors.vendors.autotask.about import CONTRACTS
from connectors.vendors.autotask.session import Session, where
from connectors.vendors.autotask.units import HORIZON, Kind, Track, Units
from connectors.wire import Wire

_RECURRING = "recurring service"
_ACTIVE = "active"
_CYCLES = {
    "monthly": ("monthly", 1),
    "quarterly": ("quarterly", 1),
    "semi-annual": ("annual", 2),
    "semi-annually": ("annual", 2),
    "yearly": ("annual", 1),
    "annual": ("annual", 1),
    "annually": ("annual", 1),
    "one-time": ("one_time", 1),
    "one time": ("one_time", 1),
}
"""Label of the period -> our cycle, and how many periods it has: as there is no half-yearly cycle, two make a year."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line takes from its contract."""

    client_id: str
    currency: str
    cycle: str
    periods: int
    is_running: bool


class Contracts:
    """Types, states and periods are known by their labels: their numbers differ between databases."""

    def __init__(self, session: Session, wire: Wire) -> None:
        self._session, self._wire = session, wire

    def rows(self) -> Iterator[Row]:
        """All recurring service contracts, whatever their state."""
        return self._session.query(
            "Contracts", where("contractType", "eq", self.recurring_type()), noun="contract", needs=CONTRACTS
        )

    def recurring_type(self) -> int:
        """The number of that type here. Raises ApiFailure where the database has none."""
        types = self._session.picklist("Contracts", "contractType", CONTRACTS)
        for number, label in types.items():
            if _RECURRING in label.casefold():
                return int(number)
        raise ApiFailure("unexpected_shape", "Autotask PSA", f"contract types are {', '.join(types.values())}")

    def status(self, row: Row) -> str:
        """The contract's state as Autotask shows it."""
        states = self._session.picklist("Contracts", "status", CONTRACTS)
        number = row.need("status")
        if number not in states:
            raise ApiFailure("unexpected_shape", "Autotask PSA", f"contract, status holds {number}, which has no label")
        return states[number]

    def is_running(self, row: Row) -> bool:
        return self.status(row).casefold() == _ACTIVE

    def cycle(self, row: Row) -> tuple[str, int]:
        """The billing cycle and the number of Autotask's periods in it; 0: it is not known."""
        label = self._session.picklist("Contracts", "contractPeriodType", CONTRACTS).get(
            row.need("contractPeriodType"), ""
        )
        found = _CYCLES.get(label.casefold())
        if found is None:
            self._wire.note(
                f"A contract is billed by a period that RCX does not know, “{label}”: its prices are left out."
            )
            return ("monthly", 0)
        if found[1] == 2:
            self._wire.note("A half-yearly contract is shown as a yearly one, at twice the price of a half-year.")
        return found

    def terms(self, clients: Mapping[str, str]) -> Mapping[str, Terms]:
        """Contract id -> what its lines take from it. `clients` is company id -> currency, of those that count."""
        found = {}
        for row in self.rows():
            company = row.need("companyID")
            if company in clients:
                cycle, periods = self.cycle(row)
                found[row.need("id")] = Terms(company, clients[company], cycle, periods, self.is_running(row))
        return found

    def lines(self, kind: Kind, terms: Mapping[str, Terms], named: Mapping[str, tuple[str, str]]) -> Iterator[Line]:
        """One line for each service on a recurring contract. `named` is catalogue id -> (code, name)."""
        tracks = self._tracks(kind)
        for row in self.links(kind):
            contract, number = row.need("contractID"), row.need("id")
            held, track = terms.get(contract), tracks.get(number)
            if held is None:
                self._wire.note("Left out: a service on a contract of another type, or of a company that is no client.")
            elif track is None:
                self._wire.note("A contract service without units up to two months ahead was left out.")
            else:
                yield self._line(kind, row, held, track, named)

    def links(self, kind: Kind) -> Iterator[Row]:
        """All contract services (or bundles), whatever their contract."""
        return self._session.query(kind.links, where("id", "gt", 0), noun=f"contract {kind.noun}", needs=CONTRACTS)

    def units(self, kind: Kind, link_id: str) -> list[Units]:
        """All unit rows of one contract service, oldest first; each once."""
        rows = self._session.query(
            kind.units, where(kind.link_key, "eq", int(link_id)), noun="unit row", needs=CONTRACTS
        )
        found = {each.id: each for each in map(Units.of, rows)}
        return sorted(found.values(), key=lambda each: each.starts_on)

    def _tracks(self, kind: Kind) -> Mapping[str, Track]:
        today = self._session.now().date()
        tracks: dict[str, Track] = {}
        for row in self._session.query(
            kind.units,
            where("startDate", "lte", f"{today + HORIZON}T00:00:00Z"),
            noun="unit row",
            needs=CONTRACTS,
            fields=("id", kind.link_key, "startDate", "endDate", "units", "approveAndPostDate"),
        ):
            units, link = Units.of(row), row.need(kind.link_key)
            tracks.setdefault(link, Track.begun(units, today)).add(units)
        return tracks

    def _line(self, kind: Kind, row: Row, held: Terms, track: Track, named: Mapping[str, tuple[str, str]]) -> Line:
        product = row.need(kind.catalogue_key)
        code, name = named.get(product, (kind.line_id(product), ""))
        price = row.exact("adjustedPrice")
        return Line(
            external_id=kind.line_id(row.need("id")),
            client_external_id=held.client_id,
            agreement_external_id=row.need("contractID"),
            product_code=code,
            product_name=name,
            quantity=track.quantity,
            unit_price=_times(row.exact("unitPrice") if price is None else price, held.periods),
            unit_cost=_times(row.exact("unitCost"), held.periods),
            currency=held.currency,
            effective_date=track.starts_on,
            cancelled_date=track.cancelled_on(is_running=held.is_running),
            billing_cycle=held.cycle,
            attributes={
                **row.attributes({"id", "contractID", "unitPrice", "unitCost", "adjustedPrice"}),
                "kind": kind.noun,
                **({"posted_to": str(track.posted_to)} if track.posted_to else {}),
            },
        )


def _times(amount: Decimal | None, periods: int) -> Decimal | None:
    return amount * periods if amount is not None and periods else None
