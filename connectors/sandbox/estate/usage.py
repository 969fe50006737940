"""What clients use: accounts at each vendor with their users, computers, agents, workloads, mailboxes, subscriptions.

Every unit is also put into the group (client, product) whose line should carry it. Nothing here is wrong yet: what
does not agree is planted afterwards in `drift`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.estate import words
from connectors.sandbox.estate.aliases import vendor_name
from connectors.sandbox.estate.catalogue import MSP_DOMAIN, MSP_NAME, PRODUCTS, SKU_BY_PART
from connectors.sandbox.estate.names import ascii_text, slug
from connectors.sandbox.estate.world import (
    ACRONIS,
    DATTO,
    HUNTRESS,
    M365,
    NINJA,
    PARTNER_CENTER,
    PAX8,
    PROOFPOINT,
    Account,
    Agent,
    Client,
    Device,
    Estate,
    Mailbox,
    Site,
    Subscription,
    User,
    Workload,
)

Unit = User | Device | Agent | Workload | Mailbox | Subscription
Person = tuple[str, str, str]
"""Given name, family name, local part of the address."""

CODE_BY_SKU = {product.sku: product.code for product in PRODUCTS if product.sku}
EUR_RATE = {"USD": Decimal(1), "GBP": Decimal("0.80"), "EUR": Decimal("0.92")}
_SERIAL = "0123456789ABCDFGHJKLMNPQRSTVWXYZ"
_WORKSTATIONS = (
    ("Windows Laptop", "Windows 11 Pro"),
    ("Windows Laptop", "Windows 11 Pro"),
    ("Windows Desktop", "Windows 11 Pro"),
    ("Windows Desktop", "Windows 10 Pro"),
    ("Mac", "macOS 15.6"),
)
_SERVERS = (
    ("Windows Server", "Windows Server 2022 Standard", "DC"),
    ("Windows Server", "Windows Server 2019 Standard", "FS"),
    ("Windows Server", "Windows Server 2022 Standard", "SQL"),
    ("Windows Server", "Windows Server 2025 Standard", "APP"),
    ("Linux Server", "Ubuntu Server 24.04", "WEB"),
)


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


def populate(world: World, clients: Sequence[Client], lapsed: Sequence[Client]) -> None:
    """Fill the estate for its clients, the MSP's own and test accounts, and clients who left but kept accounts."""
    for client in clients:
        _client(world, client)
    _own_accounts(world)
    for number, client in enumerate(lapsed):
        people = _people(world.rng, client.staff)
        if number % 2:
            _subscribe(world, client, PAX8, ("KPR-BIZ-A1-MTH",), client.staff, known=False)
        else:
            account = world.account(NINJA, None, client.core)
            _devices(world, account, client, people[:6], "", 1)


def _people(rng: Random, count: int) -> list[Person]:
    result: list[Person] = []
    used: set[str] = set()
    style = rng.randrange(3)
    while len(result) < count:
        given, family = rng.choice(words.GIVEN), rng.choice(words.SURNAMES)
        local = (f"{given}.{family}", f"{given[0]}{family}", f"{given}{family[0]}")[style].lower()
        if local in used:
            local = f"{given}.{family}.{len(result)}".lower()
        used.add(local)
        result.append((given, family, local))
    return result


def _client(world: World, client: Client) -> None:
    rng = world.rng
    people = _people(rng, client.staff)
    if rng.random() < 0.04:
        return  # billed flat for things that no vendor counts
    if rng.random() < 0.95:
        _tenant(world, client, people)
    rmm = rng.choices((NINJA, DATTO, ""), (78, 19, 3))[0]
    machines = _rmm(world, client, people, rmm) if rmm else []
    if machines and rng.random() < 0.82:
        _agents(world, client, machines)
    if machines and rng.random() < 0.66:
        _backups(world, client, machines)
    if rng.random() < 0.62:
        account = world.account(PROOFPOINT, client, vendor_name(rng, client), client.domain)
        for given, family, local in people + [("Info", "Mailbox", "info")] * (rng.random() < 0.5):
            mailbox = Mailbox(
                world.number(), account.id, f"{local}@{client.domain}", given, family, world.since(client.since)
            )
            world.estate.mailboxes.append(mailbox)
            world.groups[client.id, "PFP-ESS"].append(mailbox)
    if rng.random() < 0.62:
        parts = rng.sample(
            ("KPR-BIZ-A1-MTH", "DRS-BKP-365-MTH", "EXC-CLD-SIG-MTH", "ADB-ACR-STD-ANN"), rng.choice((1, 1, 2))
        )
        _subscribe(world, client, PAX8, parts, client.staff)
    if rng.random() < 0.36:
        parts = rng.sample(("CFQ7TTC0QW7C:0001", "CFQ7TTC0J203:0006", "CFQ7TTC0LH2H:0001"), 1)
        _subscribe(world, client, PARTNER_CENTER, parts, max(1, client.staff // 5))


def _tenant(world: World, client: Client, people: Sequence[Person]) -> None:
    rng = world.rng
    account = world.account(M365, client, vendor_name(rng, client), client.domain)
    base = rng.choices(("SPB", "O365_BUSINESS_PREMIUM", "SPE_E3", "O365_BUSINESS_ESSENTIALS"), (48, 30, 10, 12))[0]
    other = rng.choice(("O365_BUSINESS_ESSENTIALS", "SPE_F1", "EXCHANGESTANDARD", "EXCHANGESTANDARD"))
    share = rng.choice((0.0, 0.1, 0.2, 0.3))
    copilots = rng.randint(1, max(1, len(people) // 6)) if rng.random() < 0.22 and len(people) > 4 else 0
    for number, person in enumerate(people):
        part = other if rng.random() < share and other != base else base
        licences = (part, "Microsoft_365_Copilot") if number < copilots else (part,)
        user = _user(world, account, client, person, licences)
        for licence in licences:
            world.groups[client.id, CODE_BY_SKU[licence]].append(user)
    for local in rng.sample(("info", "accounts", "bookings", "scanner"), rng.randint(0, 2)):
        _user(world, account, client, (local.capitalize(), "", local), (), "shared")
    if rng.random() < 0.25:
        given, family = rng.choice(words.GIVEN), rng.choice(words.SURNAMES)
        outside = f"{given}.{family}_partner-{rng.choice(words.PLACES)}.example#EXT#".lower()
        guest = _user(world, account, client, (given, family, outside), (), "guest")
        guest.upn = f"{outside}@{account.tenant_domain}"


def _user(
    world: World, account: Account, client: Client, person: Person, licences: tuple[str, ...], kind: str = "member"
) -> User:
    given, family, local = person
    title, department = world.rng.choice(words.TITLES) if kind == "member" else ("", "")
    user = User(
        id=world.guid(),
        account_id=account.id,
        upn=f"{local}@{account.domain or client.domain}",
        first_name=given,
        last_name=family,
        display_name=f"{given} {family}".strip(),
        title=title,
        department=department,
        created_at=world.since(client.since),
        licences=licences,
        kind=kind,
        is_enabled=kind != "shared",
        phone=client.sites[0].phone if kind == "member" else "",
    )
    world.estate.users.append(user)
    return user


def _rmm(world: World, client: Client, people: Sequence[Person], rmm: str) -> list[Device]:
    rng = world.rng
    by_site = len(client.sites) > 1 and (rmm == DATTO or rng.random() < 0.25)
    sites: list[Site | None] = [*client.sites] if by_site else [None]
    servers = max(0, round(len(people) / 12 + rng.uniform(-0.6, 0.9)))
    machines: list[Device] = []
    for number, site in enumerate(sites):
        account = world.account(rmm, client, vendor_name(rng, client, site), site=site)
        location = "Main Office" if site is None else site.name
        machines += _devices(
            world, account, client, people[number :: len(sites)], location, servers if number == 0 else 0
        )
    prefix = "NINJA" if rmm == NINJA else "DRMM"
    for device in machines:
        code = f"{prefix}-{'SRV' if device.device_class == 'server' else 'WS'}"
        world.groups[client.id, code].append(device)
    return machines


def _devices(
    world: World, account: Account, client: Client, people: Sequence[Person], location: str, servers: int
) -> list[Device]:
    rng = world.rng
    short = slug(client.core)[:4].upper()
    start = rng.randint(1, 40)
    result = []
    for number, (_, _, local) in enumerate(people):
        model, system = rng.choice(_WORKSTATIONS)
        kind = "LT" if "Laptop" in model else "MAC" if model == "Mac" else "PC"
        host = f"{short}-{kind}-{start + number:03d}"
        result.append(
            _device(world, account, client, (host, "workstation", model, system, f"{short}\\{local}", location))
        )
    for number in range(servers):
        model, system, role = _SERVERS[number % len(_SERVERS)]
        host = f"{short}-{role}{number // len(_SERVERS) + 1:02d}"
        result.append(
            _device(world, account, client, (host, "server", model, system, f"{short}\\administrator", location))
        )
    world.estate.devices += result
    return result


def _device(world: World, account: Account, client: Client, what: tuple[str, str, str, str, str, str]) -> Device:
    rng = world.rng
    host, device_class, model, system, user, location = what
    return Device(
        id=world.number() if account.integration == NINJA else world.guid(),
        integration=account.integration,
        account_id=account.id,
        hostname=host,
        serial="".join(rng.choices(_SERIAL, k=9)),
        device_class=device_class,
        model_type=model,
        os=system,
        last_user=user,
        location=location,
        created_at=world.since(client.since),
        last_seen_at=world.ago(0, 6) if device_class == "workstation" else world.ago(0, 1),
    )


def _agents(world: World, client: Client, machines: Sequence[Device]) -> None:
    account = world.account(HUNTRESS, client, vendor_name(world.rng, client))
    for device in machines:
        agent = Agent(
            id=world.number(),
            account_id=account.id,
            hostname=device.hostname,
            serial=device.serial,
            platform="darwin" if device.model_type == "Mac" else "linux" if "Linux" in device.model_type else "windows",
            os=device.os,
            version=world.rng.choice(("0.14.94", "0.14.102", "0.14.102")),
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
        )
        world.estate.agents.append(agent)
        world.groups[client.id, "HUN-EDR"].append(agent)


def _backups(world: World, client: Client, machines: Sequence[Device]) -> None:
    rng = world.rng
    chosen = [device for device in machines if device.device_class == "server"]
    chosen += [device for device in machines if device.device_class == "workstation"][: rng.randint(0, 3)]
    if not chosen:
        return
    account = world.account(ACRONIS, client, vendor_name(rng, client))
    for device in chosen:
        server = device.device_class == "server"
        workload = Workload(
            id=world.guid(),
            account_id=account.id,
            name=device.hostname,
            type=rng.choice(("Server", "Virtual machine")) if server else "Workstation",
            plan="Server daily + cloud" if server else "Workstation daily",
            protected_gb=Decimal(rng.randint(400, 42_000) if server else rng.randint(400, 4_000)) / 10,
            created_at=device.created_at,
            last_backup_at=world.ago(0, 2),
        )
        world.estate.workloads.append(workload)
        world.groups[client.id, "ACR-WKL"].append(workload)


def _subscribe(
    world: World, client: Client, integration: str, parts: Sequence[str], people: int, known: bool = True
) -> list[Subscription]:
    """One live subscription per SKU, now and then with an older cancelled one beside it."""
    rng = world.rng
    account = world.account(integration, client if known else None, vendor_name(rng, client), client.domain)
    result = []
    for part in parts:
        quantity = (
            max(1, round(people * rng.uniform(0.6, 1.0)))
            if part != "ADB-ACR-STD-ANN"
            else rng.randint(1, max(1, people // 4))
        )
        subscription = subscribed(world, client, account, part, quantity)
        result.append(subscription)
        if known:
            world.groups[client.id, CODE_BY_SKU[part]].append(subscription)
            if rng.random() < 0.08:
                old = subscribed(world, client, account, part, max(1, quantity - 2))
                old.status = "cancelled"
    return result


def subscribed(world: World, client: Client, account: Account, part: str, quantity: int) -> Subscription:
    """Buy `quantity` of a SKU for a client; the subscription is put into the estate."""
    rate = EUR_RATE[client.currency]
    sku = SKU_BY_PART[part]
    started = world.since(client.since)
    annual = part.endswith("ANN") or account.integration == PARTNER_CENTER
    subscription = Subscription(
        id=world.guid(),
        integration=account.integration,
        account_id=account.id,
        sku=part,
        quantity=Decimal(quantity),
        unit_price=(sku.cost * rate * Decimal("1.3")).quantize(Decimal("0.01")),
        unit_cost=(sku.cost * rate).quantize(Decimal("0.01")),
        currency=client.currency,
        term="1-Year" if annual else "Monthly",
        billing="Annual" if part.endswith("ANN") else "Monthly",
        status="active",
        started_on=started.date(),
        commitment_ends_on=_next_anniversary(started.date(), world.estate.as_of)
        if annual
        else _month_end(world.estate.as_of),
        created_at=started,
    )
    world.estate.subscriptions.append(subscription)
    return subscription


def _next_anniversary(start: date, day: date) -> date:
    """The first yearly return of `start` after `day` (29 February returns on 1 March)."""
    for year in (day.year, day.year + 1):
        try:
            candidate = start.replace(year=year)
        except ValueError:
            candidate = date(year, 3, 1)
        if candidate > day:
            return candidate
    raise AssertionError("a year has an anniversary")


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _own_accounts(world: World) -> None:
    """The MSP's own and test accounts, which no client pays for."""
    own = Client("", "", MSP_NAME, MSP_NAME, MSP_DOMAIN, "US", "USD", [Site("Head office", "", "", "", "", "")], 9)
    own.since = world.estate.as_of - timedelta(days=1500)
    for name, size in ((MSP_NAME, 9), (f"{MSP_NAME} Demo Tenant", 4)):
        tenant = world.account(M365, None, name, MSP_DOMAIN if name == MSP_NAME else f"demo.{MSP_DOMAIN}")
        for person in _people(world.rng, size):
            _user(world, tenant, own, person, ("SPB",))
    for rmm, name, size in (
        (NINJA, f"{MSP_NAME} (internal)", 9),
        (NINJA, "ZZ Test - do not bill", 2),
        (DATTO, "OnDemand", 3),
    ):
        _devices(world, world.account(rmm, None, name), own, _people(world.rng, size), "Lab", 1)
    lab = world.account(HUNTRESS, None, f"{MSP_NAME} Internal")
    for device in _devices(world, world.account(DATTO, None, f"{MSP_NAME} Lab"), own, _people(world.rng, 2), "Lab", 0):
        world.estate.agents.append(
            Agent(
                world.number(),
                lab.id,
                device.hostname,
                device.serial,
                "windows",
                device.os,
                "0.14.102",
                device.created_at,
                device.last_seen_at,
            )
        )
    vault = world.account(ACRONIS, None, "NFR - internal use")
    world.estate.workloads.append(
        Workload(
            world.guid(),
            vault.id,
            "NBIT-NAS01",
            "Server",
            "Server daily + cloud",
            Decimal("880.4"),
            world.ago(300, 400),
            world.ago(0, 1),
        )
    )
    filtered = world.account(PROOFPOINT, None, MSP_NAME, MSP_DOMAIN)
    for given, family, local in _people(world.rng, 9):
        world.estate.mailboxes.append(
            Mailbox(
                world.number(), filtered.id, f"{ascii_text(local)}@{MSP_DOMAIN}", given, family, world.ago(200, 900)
            )
        )
    subscribed(world, own, world.account(PAX8, None, f"{MSP_NAME} (Internal Use)", MSP_DOMAIN), "KPR-BIZ-A1-MTH", 9)
    subscribed(
        world, own, world.account(PARTNER_CENTER, None, f"{MSP_NAME} Sandbox", MSP_DOMAIN), "CFQ7TTC0QW7C:0001", 1
    )
