"""Contracts of SuperOps: each bills one catalogue item, so each is an agreement and its only line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Line
from connectors.vendors.superops import graph
from connectors.vendors.superops.about import CONTRACTS, DIFFERENCE
from connectors.vendors.superops.changes import changes_of, quantity_on
from connectors.vendors.superops.graph import Graph
from connectors.wire import Wire

_DAY = timedelta(days=1)
_MONTHS = {"MONTH": 1, "YEAR": 12}
_CYCLES = {1: "monthly", 3: "quarterly", 12: "annual"}


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract with the row it was read from; `billable` is its billing part. `ends_on` is its last day."""

    row: Row
    contract: Row
    billable: Row

    @property
    def id(self) -> str:
        return self.contract.need("contractId")

    @property
    def client_id(self) -> str:
        return self.row.row("client").need("accountId")

    @property
    def item_id(self) -> str:
        return self.billable.row("chargeItem").need("itemId")

    @property
    def name(self) -> str:
        item = self.billable.row("chargeItem").text("name")
        return self.contract.text("name") or self.contract.text("description") or item

    @property
    def status(self) -> str:
        return self.row.need("contractStatus")

    @property
    def starts_on(self) -> date | None:
        return self.row.day("startDate")

    @property
    def ends_on(self) -> date | None:
        return self.row.day("endDate")

    @property
    def next_bill_on(self) -> date | None:
        return self.billable.row("recurringContract").day("nextBillDate")

    @property
    def is_counted_by_psa(self) -> bool:
        return self.billable.need("quantityCalculationType") == "DYNAMIC"

    @property
    def is_once(self) -> bool:
        return self.billable.need("frequencyType") == "ONCE"

    @property
    def cycle(self) -> str:
        return self._cycle()[0]

    @property
    def periods(self) -> int:
        """How many of SuperOps's periods the cycle has; 0: they do not fit into it (weeks, two years)."""
        return self._cycle()[1]

    def _cycle(self) -> tuple[str, int]:
        """Two, four or six months are shown as parts of a year, since RCX has no such cycles."""
        if self.is_once:
            return "one_time", 1
        recurring = self.billable.row("recurringContract")
        if not recurring.data:
            return "monthly", 1
        months = _MONTHS.get(recurring.need("frequencyDurationUnit"), 0) * recurring.need_exact("frequencyInterval")
        if months in _CYCLES:
            return _CYCLES[int(months)], 1
        return ("annual", int(12 / months)) if months and 12 % months == 0 else ("monthly", 0)

    def cancelled_on(self) -> date | None:
        """The first day that is not billed. An inactive contract without an end stopped at its next bill date."""
        if self.ends_on is not None:
            return self.ends_on + _DAY
        if self.status != "INACTIVE":
            return None
        return self.next_bill_on or self.starts_on


def contract_of(row: Row) -> Contract | None:
    """None for time and material, which has no quantity."""
    contract = row.row("contract")
    if contract.need("contractType") == "TIME_AND_MATERIAL":
        return None
    return Contract(row, contract, contract.row("billableContract"))


class Contracts:
    """Reads them whole. `meaning` says what a quantity change states."""

    def __init__(self, graph_: Graph, wire: Wire, currency: str, meaning: str) -> None:
        self._graph, self._wire, self._currency, self._meaning = graph_, wire, currency, meaning

    def billed(self, clients: Collection[str]) -> Iterator[Contract]:
        """The clients' contracts that bill something, in any state."""
        rows = self._graph.all(graph.CONTRACTS, "clientContracts", noun="contract", needs=CONTRACTS)
        for each in map(contract_of, rows):
            if each is None:
                continue
            if each.client_id in clients:
                yield each
            else:
                self._wire.note("Left out: a contract of somebody who is no client.")

    def lines(
        self, prices: Mapping[str, tuple[Decimal | None, Decimal | None]], clients: Collection[str]
    ) -> Iterator[Line]:
        """One line a contract; `prices` is catalogue item id -> (price, cost), each per unit and period."""
        today = self._graph.today()
        for each in self.billed(clients):
            quantity = self._quantity(each, today)
            if quantity is None:
                self._wire.note("A contract whose quantity SuperOps counts itself, and does not tell, was left out.")
                continue
            price, cost = prices.get(each.item_id, (None, None))
            if not each.periods:
                self._wire.note("A contract billed in periods that RCX does not know has no price here.")
            yield Line(
                external_id=each.id,
                client_external_id=each.client_id,
                agreement_external_id=each.id,
                product_code=each.item_id,
                product_name=each.billable.row("chargeItem").text("name"),
                quantity=quantity,
                unit_price=_times(_discounted(each.billable, price), each.periods),
                unit_cost=_times(cost, each.periods),
                currency=self._currency,
                effective_date=each.starts_on,
                cancelled_date=each.cancelled_on(),
                billing_cycle=each.cycle,
                is_calculated_by_psa=each.is_counted_by_psa,
                attributes=_attributes(each),
            )

    def _quantity(self, each: Contract, today: date) -> Decimal | None:
        """The quantity in force; of an ended contract its last one, of one to come its first. None: not told."""
        changes = changes_of(each.billable)
        if not changes:
            if each.is_counted_by_psa:
                return None
            raise ApiFailure("unexpected_shape", each.row.vendor, f"contract {each.id} has no quantity")
        cancelled = each.cancelled_on()
        day = today if cancelled is None else min(today, cancelled - _DAY)
        day = max(day, each.starts_on or day)
        found = in_force(each, day, self._meaning)
        return changes[0].quantity if found is None else found


def price_of(row: Row, key: str) -> Decimal | None:
    """The price per unit, None where there is none."""
    details = row.row(key).rows("details", "price")
    return details[0].exact("value") if details else None


def _discounted(billable: Row, list_price: Decimal | None) -> Decimal | None:
    """The contract's own price, else the catalogue's, less the contract's discount in per cent."""
    own = price_of(billable, "sellingPrice")
    price = list_price if own is None else own
    return None if price is None else price * (100 - (billable.exact("discountRate") or Decimal(0))) / 100


def _times(amount: Decimal | None, periods: int) -> Decimal | None:
    return amount * periods if amount is not None and periods else None


def in_force(each: Contract, day: date, meaning: str) -> Decimal | None:
    """The contract's quantity on a day, None before its first change.

    Raises ApiFailure (setting_wrong) where its changes can't mean what the settings say.
    """
    try:
        return quantity_on(changes_of(each.billable), day, meaning)
    except ValueError as error:
        said = "By how much" if meaning == DIFFERENCE else "The new quantity"
        what = f"What a quantity change states: {said}"
        raise ApiFailure("setting_wrong", each.row.vendor, what, detail=f"{each.name}: {error}") from error


def _attributes(each: Contract) -> Mapping[str, str]:
    recurring = each.billable.row("recurringContract").attributes({"contractId"})
    return {
        "status": each.status,
        **each.contract.attributes({"contractId"}),
        **each.billable.attributes({"contractId", "chargeItem.itemId", "chargeItem.name"}),
        **recurring,
    }
