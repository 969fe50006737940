"""The estate under construction: its source of chance, its clock, its ids, and the groups of units by product."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.estate.catalogue import PRODUCTS
from connectors.sandbox.estate.names import slug
from connectors.sandbox.estate.world import (
    HUNTRESS,
    NINJA,
    PROOFPOINT,
    Account,
    Client,
    Estate,
    Site,
    Unit,
)

Person = tuple[str, str, str]
"""Given name, family name, local part of the address."""

CODE_BY_SKU = {product.sku: product.code for product in PRODUCTS if product.sku}
RATE = {"USD": Decimal(1), "GBP": Decimal("0.80"), "EUR": Decimal("0.92")}
"""What a dollar costs in each currency of the estate."""


@dataclass
class World:
    """The estate under construction, with its own source of chance and the groups of units by client and product."""

    rng: Random
    estate: Estate
    groups: dict[tuple[str, str], list[Unit]] = field(default_factory=lambda: defaultdict(list))
    names: set[tuple[str, str]] = field(default_factory=set)
    serial: int = 1000

    @property
    def midnight(self) -> datetime:
        return datetime.combine(self.estate.as_of, time(), UTC)

    def ago(self, least: int, most: int) -> datetime:
        """A moment between `least` and `most` days before the as-of date."""
        return self.midnight - timedelta(seconds=int(self.rng.uniform(least, most) * 86_400) + 60)

    def since(self, day: date) -> datetime:
        """A moment after `day`, but longer ago than anything that counts as new."""
        return self.ago(80, max(90, (self.estate.as_of - day).days))

    def guid(self) -> str:
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def number(self) -> str:
        self.serial += self.rng.randint(1, 9)
        return str(self.serial)

    def account(
        self, integration: str, client: Client | None, name: str, domain: str = "", site: Site | None = None
    ) -> Account:
        """A new account, its name unlike all others at this vendor (portals are read by name)."""
        choices = [name]
        if client is not None:
            choices += [client.name, f"{client.name} ({client.sites[0].city})"]
        choices += [f"{choices[-1]} {number}" for number in range(2, 9)]
        chosen = next(choice for choice in choices if (integration, choice.casefold()) not in self.names)
        self.names.add((integration, chosen.casefold()))
        identity = self.number() if integration in (NINJA, HUNTRESS, PROOFPOINT) else self.guid()
        tenant = f"{slug(client.core if client else name)[:24]}.onmicrosoft.example"
        account = Account(integration, identity, chosen, domain, tenant, site)
        self.estate.accounts.append(account)
        self.estate.truth[integration, identity] = client.id if client else None
        return account
