"""What clients are billed: agreements and additions that agree with usage, with the history that real ones have."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, Product
from connectors.sandbox.estate.making import RATE, World
from connectors.sandbox.estate.world import M365, PARTNER_CENTER, PAX8, Agreement, Client, Line, Subscription, Unit

_FIVE = Decimal("0.05")


def counted(units: list[Unit]) -> Decimal:
    """How many the group's units come to: purchased quantity for live subscriptions, one for everything else."""
    return sum(
        (unit.quantity if isinstance(unit, Subscription) else Decimal(1) for unit in units),
        Decimal(0),
    )


def bill(world: World) -> dict[tuple[str, str], Line]:
    """Write agreements and one active line per group; returns the line of every (client, product)."""
    lines: dict[tuple[str, str], Line] = {}
    by_client: dict[str, list[str]] = {}
    for client_id, code in world.groups:
        by_client.setdefault(client_id, []).append(code)
    for client in world.estate.clients:
        book = _Book(world, client)
        for code in by_client.get(client.id, []):
            product = PRODUCT_BY_CODE[code]
            line = book.line(product, counted(world.groups[client.id, code]))
            lines[client.id, code] = line
            book.history(product, line)
        book.flat(bool(by_client.get(client.id)))
    world.estate.lines.sort(key=lambda line: (int(line.client_id), int(line.agreement_id), int(line.id)))
    return lines


class _Book:
    """The agreements of one client, opened as lines need them."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.client = client
        self.agreements: dict[str, Agreement] = {}
        self.is_split = world.rng.random() < 0.6

    def agreement(self, product: Product) -> Agreement:
        if product.billing_cycle == "annual":
            kind, name = "annual", "Annual renewals"
        elif self.is_split and product.integration in (M365, PAX8, PARTNER_CENTER):
            kind, name = "monthly", "Cloud subscriptions"
        else:
            kind, name = "monthly", "Managed services"
        if name not in self.agreements:
            agreement = Agreement(
                id=str(400 + len(self.world.estate.agreements) * 3),
                client_id=self.client.id,
                name=f"{name} - {self.client.core}"[:100],
                type=name,
                billing_cycle=kind,
                currency=self.client.currency,
                starts_on=self.client.since.replace(day=1),
            )
            self.agreements[name] = agreement
            self.world.estate.agreements.append(agreement)
        return self.agreements[name]

    def line(self, product: Product, quantity: Decimal) -> Line:
        rng, agreement = self.world.rng, self.agreement(product)
        agreed = Decimal(rng.randint(97, 103)) / 100 if rng.random() < 0.2 else Decimal(1)
        line = Line(
            id=str(8_000 + len(self.world.estate.lines) * 2),
            agreement_id=agreement.id,
            client_id=self.client.id,
            product_code=product.code,
            quantity=quantity,
            unit_price=priced(product.price * agreed, self.client.currency),
            unit_cost=(product.cost * RATE[self.client.currency]).quantize(Decimal("0.01")),
            currency=self.client.currency,
            billing_cycle=product.billing_cycle,
            effective_on=self._start(),
            taxable=self.client.country == "US",
        )
        if product.code in ("NINJA-SRV", "DRMM-SRV", "ACR-WKL") and quantity > 1 and rng.random() < 0.12:
            line.included = Decimal(1)
        self.world.estate.lines.append(line)
        return line

    def history(self, product: Product, line: Line) -> None:
        """Sometimes an earlier line that this one replaced, or a successor that a price rise has already put in."""
        rng, as_of = self.world.rng, self.world.estate.as_of
        chance = rng.random()
        if chance < 0.05:
            old = self.line(product, max(Decimal(1), line.quantity - rng.randint(1, 3)))
            old.included, old.unit_price = (
                Decimal(0),
                priced(line.unit_price / RATE[line.currency] * Decimal("0.95"), line.currency),
            )
            old.effective_on, old.cancelled_on = (
                min(self.client.since.replace(day=1), line.effective_on),
                line.effective_on,
            )
        elif chance < 0.07:
            new = self.line(product, line.quantity)
            new.included, new.unit_price = (
                line.included,
                priced(line.unit_price / RATE[line.currency] * Decimal("1.05"), line.currency),
            )
            new.effective_on = line.cancelled_on = next_month(as_of)

    def flat(self, is_counted: bool) -> None:
        """What no vendor counts: firewalls, extensions, advice, domains."""
        rng = self.world.rng
        for code, chance, most in (
            ("NB-FW", 0.45, 2),
            ("NB-VOICE", 0.25, self.client.staff),
            ("NB-VCIO", 0.15, 1),
            ("NB-DOM", 0.3, 3),
        ):
            if rng.random() < chance or (not is_counted and code == "NB-FW"):
                self.line(PRODUCT_BY_CODE[code], Decimal(rng.randint(1, most)))

    def _start(self) -> date:
        """The first of a month since the client came, at least three months back; now and then a day in mid-month."""
        as_of = self.world.estate.as_of
        day = self.world.rng.randint(13, 28) if self.world.rng.random() < 0.1 else 1
        days = self.world.rng.randint(95, max(96, (as_of - self.client.since).days))
        return (as_of - timedelta(days=days)).replace(day=day)


def priced(amount: Decimal, currency: str) -> Decimal:
    """A dollar price in `currency`, rounded to the nickel as price lists are."""
    return (amount * RATE[currency] / _FIVE).quantize(Decimal(1), ROUND_HALF_UP) * _FIVE


def next_month(day: date) -> date:
    """The first of the month after `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
