"""One happening at one client: its town, its chance, its moment, and whether anybody tells the PSA of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from random import Random

from connectors.sandbox.estate.billing import priced
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.expected import is_billed
from connectors.sandbox.estate.making import RATE
from connectors.sandbox.estate.town import Town
from connectors.sandbox.estate.world import Account, Agreement, Client, Line

REMEMBERED = 0.7
"""How often a change of usage is put on the agreement at once. The rest is drift until somebody counts."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What a happening has at hand. Whoever writes one changes the estate through `town` at `at`, and nothing else."""

    town: Town
    rng: Random
    client: Client
    at: datetime

    @property
    def today(self) -> date:
        return self.at.date()

    def accounts(self, *integrations: str) -> list[Account]:
        """The client's accounts at these vendors."""
        owned = self.town.index.owned.of(self.client.id)
        return [account for account in owned if account.integration in integrations]

    def billed_lines(self, code: str = "") -> list[Line]:
        """The client's lines that bill today, of one product or of all."""
        index = self.town.index
        return [
            line
            for line in index.lines.of(self.client.id)
            if code in ("", line.product_code)
            and is_billed(line, index.agreements.by_id[line.agreement_id], self.today)
        ]

    def follow(self, code: str, by: int) -> None:
        """Bring a product's line after its usage, or forget to; a first unit opens a line, the last one ends it."""
        if self.rng.random() >= REMEMBERED:
            return
        lines = self.billed_lines(code)
        if lines:
            self.set_quantity(lines[0], lines[0].quantity + by)
        elif by > 0:
            self.open_line(code, Decimal(by))

    def set_quantity(self, line: Line, quantity: Decimal) -> None:
        """Bill `quantity` on a line from now on; nothing left to bill ends it today."""
        if quantity > line.included:
            self.town.change(line, quantity=quantity, at=self.at)
        else:
            self.town.change(line, cancelled_on=self.today, at=self.at)

    def open_line(self, code: str, quantity: Decimal) -> None:
        """Put a product on the client's first agreement of its billing cycle; without one nobody can."""
        product, currency = PRODUCT_BY_CODE[code], self.client.currency
        agreement = next(
            (item for item in self.agreements() if item.billing_cycle == product.billing_cycle),
            None,
        )
        if agreement is None:
            return
        line = Line(
            id=self.town.new_id("line"),
            agreement_id=agreement.id,
            client_id=self.client.id,
            product_code=code,
            quantity=quantity,
            unit_price=priced(product.price, currency),
            unit_cost=(product.cost * RATE[currency]).quantize(Decimal("0.01")),
            currency=currency,
            billing_cycle=product.billing_cycle,
            effective_on=self.today,
            taxable=self.client.country == "US",
        )
        self.town.add(line, at=self.at)

    def agreements(self) -> Sequence[Agreement]:
        """The client's agreements that run today."""
        found = self.town.index.agreements.of(self.client.id)
        return [item for item in found if item.cancelled_on is None or self.today < item.cancelled_on]
