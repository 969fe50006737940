"""Computers of a client and what watches them: RMM devices, Huntress agents, Acronis workloads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.sandbox.estate.aliases import vendor_name
from connectors.sandbox.estate.making import Person, World
from connectors.sandbox.estate.names import slug
from connectors.sandbox.estate.world import (
    ACRONIS,
    DATTO,
    HUNTRESS,
    NINJA,
    Account,
    Agent,
    Client,
    Device,
    Site,
    Workload,
)

SERIAL_LETTERS = "0123456789ABCDFGHJKLMNPQRSTVWXYZ"
WORKSTATIONS = (
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


def rmm_devices(world: World, client: Client, people: Sequence[Person], rmm: str) -> list[Device]:
    """Put a client into an RMM, in one account or one a site; every device joins its product's group."""
    rng = world.rng
    by_site = len(client.sites) > 1 and (rmm == DATTO or rng.random() < 0.25)
    sites: list[Site | None] = [*client.sites] if by_site else [None]
    servers = max(0, round(len(people) / 12 + rng.uniform(-0.6, 0.9)))
    machines: list[Device] = []
    for number, site in enumerate(sites):
        account = world.account(rmm, client, vendor_name(rng, client, site), site=site)
        location = "Main Office" if site is None else site.name
        machines += devices(
            world, account, client, people[number :: len(sites)], location, servers if number == 0 else 0
        )
    prefix = "NINJA" if rmm == NINJA else "DRMM"
    for device in machines:
        code = f"{prefix}-{'SRV' if device.device_class == 'server' else 'WS'}"
        world.groups[client.id, code].append(device)
    return machines


def devices(
    world: World, account: Account, client: Client, people: Sequence[Person], location: str, servers: int
) -> list[Device]:
    """One workstation a person and `servers` servers in an account; in no group."""
    rng = world.rng
    short = slug(client.core)[:4].upper()
    start = rng.randint(1, 40)
    result = []
    for number, (_, _, local) in enumerate(people):
        model, system = rng.choice(WORKSTATIONS)
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
        serial="".join(rng.choices(SERIAL_LETTERS, k=9)),
        device_class=device_class,
        model_type=model,
        os=system,
        last_user=user,
        location=location,
        created_at=world.since(client.since),
        last_seen_at=world.ago(0, 6) if device_class == "workstation" else world.ago(0, 1),
    )


def agents(world: World, client: Client, machines: Sequence[Device]) -> None:
    """A Huntress agent on each machine."""
    account = world.account(HUNTRESS, client, vendor_name(world.rng, client))
    for device in machines:
        agent = Agent(
            id=world.number(),
            account_id=account.id,
            hostname=device.hostname,
            serial=device.serial,
            platform=agent_platform(device),
            os=device.os,
            version=world.rng.choice(("0.14.94", "0.14.102", "0.14.102")),
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
        )
        world.estate.agents.append(agent)
        world.groups[client.id, "HUN-EDR"].append(agent)


def agent_platform(device: Device) -> str:
    """What Huntress calls the machine's platform."""
    return "darwin" if device.model_type == "Mac" else "linux" if "Linux" in device.model_type else "windows"


def backups(world: World, client: Client, machines: Sequence[Device]) -> None:
    """Acronis on every server and up to three workstations; no account where there is nothing to protect."""
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
