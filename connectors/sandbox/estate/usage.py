"""What clients use: accounts at each vendor with their users, computers, agents, workloads, mailboxes, subscriptions.

Every unit is also put into the group (client, product) whose line should carry it. Nothing here is wrong yet: what
does not agree is planted afterwards in `drift`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.estate import words
from connectors.sandbox.estate.aliases import vendor_name
from connectors.sandbox.estate.catalogue import MSP_DOMAIN, MSP_NAME
from connectors.sandbox.estate.computers import agents, backups, devices, rmm_devices
from connectors.sandbox.estate.making import CODE_BY_SKU, Person, World
from connectors.sandbox.estate.names import ascii_text
from connectors.sandbox.estate.purchases import subscribe, subscribed
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
    Mailbox,
    Site,
    User,
    Workload,
)


def populate(world: World, clients: Sequence[Client], lapsed: Sequence[Client]) -> None:
    """Fill the estate for its clients, the MSP's own and test accounts, and clients who left but kept accounts."""
    for client in clients:
        _client(world, client)
    _own_accounts(world)
    for number, client in enumerate(lapsed):
        people = _people(world.rng, client.staff)
        if number % 2:
            subscribe(world, client, PAX8, ("KPR-BIZ-A1-MTH",), client.staff, known=False)
        else:
            account = world.account(NINJA, None, client.core)
            devices(world, account, client, people[:6], "", 1)


def _people(rng: Random, count: int) -> list[Person]:
    result: list[Person] = []
    used: set[str] = set()
    style = rng.randrange(3)
    while len(result) < count:
        given, family = rng.choice(words.GIVEN), rng.choice(words.SURNAMES)
        local = local_parts(given, family)[style]
        if local in used:
            local = f"{given}.{family}.{len(result)}".lower()
        used.add(local)
        result.append((given, family, local))
    return result


def local_parts(given: str, family: str) -> tuple[str, str, str]:
    """The three styles in which houses make an address of a name."""
    return f"{given}.{family}".lower(), f"{given[0]}{family}".lower(), f"{given}{family[0]}".lower()


def _client(world: World, client: Client) -> None:
    rng = world.rng
    people = _people(rng, client.staff)
    if rng.random() < 0.04:
        return  # billed flat for things that no vendor counts
    if rng.random() < 0.95:
        _tenant(world, client, people)
    rmm = rng.choices((NINJA, DATTO, ""), (78, 19, 3))[0]
    machines = rmm_devices(world, client, people, rmm) if rmm else []
    if machines and rng.random() < 0.82:
        agents(world, client, machines)
    if machines and rng.random() < 0.66:
        backups(world, client, machines)
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
        subscribe(world, client, PAX8, parts, client.staff)
    if rng.random() < 0.36:
        parts = rng.sample(("CFQ7TTC0QW7C:0001", "CFQ7TTC0J203:0006", "CFQ7TTC0LH2H:0001"), 1)
        subscribe(world, client, PARTNER_CENTER, parts, max(1, client.staff // 5))


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
        devices(world, world.account(rmm, None, name), own, _people(world.rng, size), "Lab", 1)
    lab = world.account(HUNTRESS, None, f"{MSP_NAME} Internal")
    for device in devices(world, world.account(DATTO, None, f"{MSP_NAME} Lab"), own, _people(world.rng, 2), "Lab", 0):
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
