"""What is wrong in the estate, planted on purpose and written down in `Estate.planted`.

At most one thing is planted on a (client, product), so that every expectation stands alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from connectors.sandbox.estate.billing import counted, priced
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, SKU_BY_PART
from connectors.sandbox.estate.making import RATE, World
from connectors.sandbox.estate.purchases import subscribed
from connectors.sandbox.estate.seats import all_seats, licence_seat_id
from connectors.sandbox.estate.world import (
    HUNTRESS,
    M365,
    PARTNER_CENTER,
    PAX8,
    PROOFPOINT,
    Device,
    Line,
    Planted,
    Subscription,
    Unit,
    User,
)

Key = tuple[str, str]


@dataclass
class Drift:
    """Hands out groups that nothing has been planted on yet."""

    world: World
    lines: dict[Key, Line]

    def __post_init__(self) -> None:
        self.free = [key for key in self.lines if self.lines[key].cancelled_on is None]
        self.world.rng.shuffle(self.free)
        self.total = len(self.free)
        self.versions = Counter((line.client_id, line.product_code) for line in self.world.estate.lines)
        self.usual = max(12, sum(int(counted(self.world.groups[key])) for key in self.free) // max(1, self.total))

    def take(self, share: float, fits: Callable[[Key], bool]) -> Iterator[Key]:
        """Up to `share` of all groups (at least one) that fit and are still free."""
        wanted = max(1, round(self.total * share))
        chosen = [key for key in self.free if fits(key)][:wanted]
        taken = set(chosen)
        self.free = [key for key in self.free if key not in taken]
        return iter(chosen)

    def count(self, key: Key) -> int:
        return int(counted(self.world.groups[key]))

    def some(self, key: Key) -> int:
        """A believable number of units to be wrong by: mostly one or two, at times a third of a small group."""
        count = self.count(key)
        most = max(2, min(8, count // 3)) if count < 80 else count // 10
        return min(self.world.rng.randint(1, most), self.world.rng.randint(1, most))

    def plant(
        self, kind: str, key: Key, delta: int | None, note: str, seats: tuple[str, ...] = (), line: Line | None = None
    ) -> None:
        client_id, code = key
        self.world.estate.planted.append(
            Planted(
                kind=kind,
                integration=PRODUCT_BY_CODE[code].integration,
                client_id=client_id,
                product_code=code,
                delta=None if delta is None else Decimal(delta),
                note=note,
                seat_ids=seats,
                line_ids=(line.id,) if line else (),
            )
        )

    def seat_id(self, key: Key, unit: Unit) -> str:
        return licence_seat_id(unit, PRODUCT_BY_CODE[key[1]].sku) if isinstance(unit, User) else unit.id


def plant_drift(world: World, lines: dict[Key, Line]) -> None:
    """Plant every kind of drift, in a fixed order (rare kinds first, so that they find a place in a small estate)."""
    drift = Drift(world, lines)
    _prices(drift)
    _licensed_oddities(drift)
    _devices(drift)
    _missing_lines(drift)
    _quantities(drift)
    _no_source(drift)
    _unsold(drift)
    _strangers(drift)


def _prices(drift: Drift) -> None:
    lines = drift.lines
    many = _well_known(drift)
    for key in drift.take(0.005, lambda key: drift.count(key) < drift.usual):
        lines[key].unit_price = Decimal("0.00")
        drift.plant("price_zero", key, None, "given away during onboarding and never priced", line=lines[key])
    for key in drift.take(0.008, lambda key: PRODUCT_BY_CODE[key[1]].integration in (M365, PAX8, PARTNER_CENTER)):
        line = lines[key]
        line.unit_price = (line.unit_cost * Decimal("0.94")).quantize(Decimal("0.01"))
        drift.plant("price_below_cost", key, None, "the vendor raised its price, the line did not follow", line=line)
    for key in drift.take(0.012, lambda key: (key[1], lines[key].currency) in many):
        lines[key].unit_price = priced(
            PRODUCT_BY_CODE[key[1]].price * Decimal(drift.world.rng.choice(("1.35", "1.45"))), lines[key].currency
        )
        drift.plant("price_differs", key, None, "priced unlike the same product at other clients", line=lines[key])
    for key in drift.take(0.005, lambda key: lines[key].currency != "USD"):
        line, product = lines[key], PRODUCT_BY_CODE[key[1]]
        line.currency, line.unit_price, line.unit_cost = "USD", product.price, product.cost
        drift.plant("currency_mismatch", key, None, "billed in USD on an agreement in another currency", line=line)


def _well_known(drift: Drift) -> set[tuple[str, str]]:
    """(product, currency) that at least seven clients are billed for: enough for a median to mean something."""
    tally: dict[tuple[str, str], int] = {}
    for (_, code), line in drift.lines.items():
        tally[code, line.currency] = tally.get((code, line.currency), 0) + 1
    return {key for key, number in tally.items() if number >= 7}


def _licensed_oddities(drift: Drift) -> None:
    """Disabled users and shared mailboxes that hold a licence: they count; half of them are billed, half are not."""
    rng = drift.world.rng
    for kind, share in (("disabled_user_licensed", 0.014), ("shared_mailbox_licensed", 0.012)):
        for number, key in enumerate(
            drift.take(share, lambda key: key[1].startswith("MS-365-") and drift.count(key) >= 5)
        ):
            line = drift.lines[key]
            users = [unit for unit in rng.sample(drift.world.groups[key], rng.randint(1, 2)) if isinstance(unit, User)]
            for spot, user in enumerate(users):
                user.is_enabled = False
                if kind == "shared_mailbox_licensed":
                    local = ("orders", "payroll")[spot]
                    user.kind, user.first_name, user.last_name, user.display_name = "shared", "", "", local.capitalize()
                    user.title = user.department = user.phone = ""
                    user.upn = f"{local}@{user.upn.split('@', 1)[1]}"
            seats = tuple(drift.seat_id(key, user) for user in users)
            if number % 2:
                drift.plant(kind, key, None, "counted and billed although nobody signs in", seats, line)
            else:
                line.quantity -= len(users)
                drift.plant(kind, key, len(users), "holds a licence and is not on the invoice", seats, line)


def _devices(drift: Drift) -> None:
    """Machines gone quiet, and machines enrolled twice. All of them are billed, so quantities agree."""
    world, rng = drift.world, drift.world.rng

    def is_workstations(key: Key) -> bool:
        return key[1] in ("NINJA-WS", "DRMM-WS") and drift.count(key) >= 4

    for key in drift.take(0.016, is_workstations):
        devices = [unit for unit in rng.sample(world.groups[key], rng.randint(1, 2)) if isinstance(unit, Device)]
        for device in devices:
            device.last_seen_at = min(world.ago(35, 78), device.last_seen_at)
        seats = tuple(device.id for device in devices)
        drift.plant(
            "stale_device",
            key,
            None,
            "not seen for more than 30 days, still counted and billed",
            seats,
            drift.lines[key],
        )
    for key in drift.take(0.01, is_workstations):
        original = world.groups[key][0]
        if isinstance(original, Device):
            identity = world.number() if key[1] == "NINJA-WS" else world.guid()
            seen = world.ago(8, 25)
            twin = replace(original, id=identity, last_seen_at=seen)
            original.created_at = seen + timedelta(hours=3)
            world.estate.devices.append(twin)
            world.groups[key].append(twin)
            drift.lines[key].quantity += 1
            drift.plant(
                "duplicate_device", key, None, "one machine enrolled twice", (original.id, twin.id), drift.lines[key]
            )


def _missing_lines(drift: Drift) -> None:
    estate, rng = drift.world.estate, drift.world.rng

    def is_modest(key: Key) -> bool:
        return drift.count(key) <= drift.usual and drift.versions[key] == 1

    dropped: set[str] = set()
    for key in drift.take(0.032, is_modest):
        dropped.add(drift.lines[key].id)
        seats = tuple(drift.seat_id(key, unit) for unit in drift.world.groups[key])
        drift.plant("unmapped_usage", key, drift.count(key), "in use, never put on an agreement", seats)
    for key in drift.take(0.012, is_modest):
        line = drift.lines[key]
        line.cancelled_on = (estate.as_of - timedelta(days=rng.randint(35, 90))).replace(day=rng.randint(13, 28))
        seats = tuple(drift.seat_id(key, unit) for unit in drift.world.groups[key])
        drift.plant(
            "ended_line_in_use", key, drift.count(key), "the line was cancelled, the service was not", seats, line
        )
    for key in drift.take(0.008, lambda key: drift.count(key) <= drift.usual):
        line = drift.lines[key]
        twin = replace(line, id=str(int(line.id) + 1))
        estate.lines.append(twin)
        drift.plant("duplicate_line", key, -int(line.quantity), "entered twice on the agreement", line=line)
        estate.planted[-1] = replace(estate.planted[-1], line_ids=(line.id, twin.id))
    estate.lines = [line for line in estate.lines if line.id not in dropped]


def _quantities(drift: Drift) -> None:
    world = drift.world
    for key in drift.take(0.115, lambda key: drift.count(key) >= 3):
        wrong = drift.some(key)
        units = world.groups[key]
        newest = units[-wrong:] if not isinstance(units[0], Subscription) else units[-1:]
        for unit in newest:
            unit.created_at = world.ago(8, 60)
        drift.lines[key].quantity -= wrong
        seats = tuple(drift.seat_id(key, unit) for unit in newest)
        drift.plant("under_billed", key, wrong, "added since the quantity was last changed", seats, drift.lines[key])
    for key in drift.take(0.07, lambda key: drift.count(key) >= 2):
        wrong = drift.some(key)
        drift.lines[key].quantity += wrong
        drift.plant("over_billed", key, -wrong, "left or removed, still on the invoice", line=drift.lines[key])


def _no_source(drift: Drift) -> None:
    """Lines for a vendor where the client has no account: the count is unknown, not zero."""
    world, estate = drift.world, drift.world.estate
    known = {(integration, client) for (integration, _), client in estate.truth.items() if client}
    wanted = max(2, len(estate.clients) // 30)
    for integration, code in ((HUNTRESS, "HUN-EDR"), (PROOFPOINT, "PFP-ESS")):
        without = [client for client in estate.clients if (integration, client.id) not in known]
        for client in without[: wanted // 2]:
            agreement = next(
                (item for item in estate.agreements if item.client_id == client.id and item.billing_cycle == "monthly"),
                None,
            )
            if agreement is None:
                continue
            product = PRODUCT_BY_CODE[code]
            line = Line(
                id=str(max(int(item.id) for item in estate.lines) + 2),
                agreement_id=agreement.id,
                client_id=client.id,
                product_code=code,
                quantity=Decimal(client.staff),
                unit_price=priced(product.price, client.currency),
                unit_cost=(product.cost * RATE[client.currency]).quantize(Decimal("0.01")),
                currency=client.currency,
                billing_cycle="monthly",
                effective_on=agreement.starts_on,
            )
            estate.lines.append(line)
            drift.plant(
                "no_usage_source",
                (client.id, code),
                None,
                "billed, but the vendor shows no account for the client",
                (),
                line,
            )
    world.estate.lines.sort(key=lambda line: (int(line.client_id), int(line.agreement_id), int(line.id)))


def _unsold(drift: Drift) -> None:
    """Licences and subscriptions that the PSA has no product for."""
    world, estate, rng = drift.world, drift.world.estate, drift.world.rng
    owners = {account: client for (_, account), client in estate.truth.items() if client}
    users: dict[str, list[User]] = {}
    for user in estate.users:
        if user.kind == "member" and user.is_enabled and user.account_id in owners:
            users.setdefault(user.account_id, []).append(user)
    tenants = rng.sample(sorted(users), min(len(users), max(2, round(len(estate.clients) * 0.2))))
    for number, account_id in enumerate(tenants):
        part = ("POWER_BI_PRO", "VISIOCLIENT", "MCOEV", "POWER_BI_PRO", "FLOW_FREE")[number % 5]
        holders = rng.sample(users[account_id], min(len(users[account_id]), rng.randint(1, 3)))
        for user in holders:
            user.licences = (*user.licences, part)
        _unaccounted(drift, M365, owners[account_id], part, tuple(licence_seat_id(user, part) for user in holders))
    clients = {client.id: client for client in estate.clients}
    for integration, part, share in ((PAX8, "DNF-PRO-USR-MTH", 0.05), (PARTNER_CENTER, "CFQ7TTC0LHS9:0001", 0.03)):
        accounts = [
            account for account in estate.accounts if account.integration == integration and account.id in owners
        ]
        for account in rng.sample(accounts, min(len(accounts), max(1, round(len(clients) * share)))):
            client = clients[owners[account.id]]
            bought = subscribed(world, client, account, part, max(1, client.staff // 2))
            _unaccounted(drift, integration, client.id, part, (bought.id,))


def _unaccounted(drift: Drift, integration: str, client_id: str, part: str, seats: tuple[str, ...]) -> None:
    note = f"{SKU_BY_PART[part].name}: no product of the PSA stands for it"
    drift.world.estate.planted.append(Planted("unaccounted", integration, client_id, "", None, note, seats, sku=part))


def _strangers(drift: Drift) -> None:
    """Accounts that belong to no client: the MSP's own, tests, and clients who left."""
    estate = drift.world.estate
    held: dict[str, list[str]] = {account: [] for (_, account), client in estate.truth.items() if client is None}
    for seat in all_seats(estate):
        if seat.account_external_id in held and seat.status != "deleted":
            held[seat.account_external_id].append(seat.external_id)
    for account in estate.accounts:
        if account.id in held:
            seats = tuple(held[account.id])
            note = f"{account.name}: no client of the PSA"
            estate.planted.append(
                Planted(
                    "unmapped_account",
                    account.integration,
                    "",
                    "",
                    Decimal(len(seats)),
                    note,
                    seats,
                    account_id=account.id,
                )
            )
