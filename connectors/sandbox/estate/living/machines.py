"""What happens to machines: they come with their agents, are retired, fall silent, are enrolled twice and renamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connectors.sandbox.estate.computers import SERIAL_LETTERS, WORKSTATIONS, agent_platform
from connectors.sandbox.estate.living.day import Happening
from connectors.sandbox.estate.names import slug
from connectors.sandbox.estate.world import ACRONIS, DATTO, HUNTRESS, NINJA, Account, Agent, Device

_OLD = timedelta(days=60)


def added(here: Happening) -> bool:
    """One more machine, for somebody who has one or for the storeroom."""
    rmm = here.accounts(NINJA, DATTO)
    if not rmm:
        return False
    enrol(here, here.rng.choice(rmm), "spare")
    return True


def enrol(here: Happening, account: Account, local: str) -> Device:
    """A new workstation in an RMM account, mostly with a Huntress agent where the client has Huntress."""
    rng, town = here.rng, here.town
    model, system = rng.choice(WORKSTATIONS)
    short = slug(here.client.core)[:4].upper()
    device = Device(
        id=town.new_id("device", account.integration),
        integration=account.integration,
        account_id=account.id,
        hostname=_free_host(
            here, account, f"{short}-{'LT' if 'Laptop' in model else 'MAC' if model == 'Mac' else 'PC'}"
        ),
        serial="".join(rng.choices(SERIAL_LETTERS, k=9)),
        device_class="workstation",
        model_type=model,
        os=system,
        last_user=f"{short}\\{local}",
        location="Main Office" if account.site is None else account.site.name,
        created_at=here.at,
        last_seen_at=here.at,
    )
    town.add(device, at=here.at)
    here.follow(_code(device), 1)
    for watch in here.accounts(HUNTRESS)[:1]:
        if rng.random() < 0.9:
            agent = Agent(
                id=town.new_id("agent", HUNTRESS),
                account_id=watch.id,
                hostname=device.hostname,
                serial=device.serial,
                platform=agent_platform(device),
                os=device.os,
                version="0.14.102",
                created_at=here.at,
                last_seen_at=here.at,
            )
            town.add(agent, at=here.at)
            here.follow("HUN-EDR", 1)
    return device


def retired(here: Happening) -> bool:
    """An old workstation is taken out of the RMM."""
    device = _old_workstation(here)
    if device is None:
        return False
    retire(here, device)
    return True


def retire(here: Happening, device: Device) -> None:
    """Remove a machine from the RMM, and mostly its agent and its backup too."""
    town, rng = here.town, here.rng
    town.remove(device, at=here.at)
    here.follow(_code(device), -1)
    if any(other.serial == device.serial for other in town.index.devices.of(device.account_id)):
        return  # its other enrolment lives on, and its agent with it
    for account in here.accounts(HUNTRESS):
        for agent in [item for item in town.index.agents.of(account.id) if item.serial == device.serial]:
            if rng.random() < 0.75:
                town.remove(agent, at=here.at)
                here.follow("HUN-EDR", -1)
    for account in here.accounts(ACRONIS):
        for workload in [item for item in town.index.workloads.of(account.id) if item.name == device.hostname]:
            if rng.random() < 0.7:
                town.remove(workload, at=here.at)
                here.follow("ACR-WKL", -1)


def fell_silent(here: Happening) -> bool:
    """A machine is put into a drawer: it stays in every list, and nobody sees it again."""
    device = _old_workstation(here)
    if device is None:
        return False
    seen = device.last_seen_at - timedelta(days=8)
    here.town.change(device, last_seen_at=seen, at=here.at)
    for account in here.accounts(HUNTRESS):
        for agent in here.town.index.agents.of(account.id):
            if agent.serial == device.serial:
                here.town.change(agent, last_seen_at=max(seen, agent.created_at), at=here.at)
    return True


def enrolled_twice(here: Happening) -> bool:
    """A machine comes back from repair under a new id; the old record stays and is seen no more."""
    device = _old_workstation(here)
    if device is None:
        return False
    town = here.town
    twin = replace(device, id=town.new_id("device", device.integration), created_at=here.at, last_seen_at=here.at)
    town.change(device, last_seen_at=device.last_seen_at - timedelta(days=8 + here.rng.randint(0, 12)), at=here.at)
    town.add(twin, at=here.at)
    here.follow(_code(twin), 1)
    return True


def renamed(here: Happening) -> bool:
    """A machine gets another host name; what else watches it learns it by its serial number, backup does not."""
    device = _old_workstation(here)
    if device is None:
        return False
    account = here.town.index.accounts.by_id[device.account_id]
    host = _free_host(here, account, device.hostname.rpartition("-")[0] or device.hostname)
    here.town.change(device, hostname=host, at=here.at)
    for watch in here.accounts(HUNTRESS):
        for agent in here.town.index.agents.of(watch.id):
            if agent.serial == device.serial:
                here.town.change(agent, hostname=host, at=here.at)
    return True


def _old_workstation(here: Happening) -> Device | None:
    """A workstation in use, enrolled long enough ago to have a past, of a client that has others."""
    edge = here.at - timedelta(days=7)
    found = [
        device
        for account in here.accounts(NINJA, DATTO)
        for device in here.town.index.devices.of(account.id)
        if device.device_class == "workstation" and device.created_at < here.at - _OLD and device.last_seen_at > edge
    ]
    return here.rng.choice(found) if len(found) > 1 else None


def _code(device: Device) -> str:
    prefix = "NINJA" if device.integration == NINJA else "DRMM"
    return f"{prefix}-{'SRV' if device.device_class == 'server' else 'WS'}"


def _free_host(here: Happening, account: Account, stem: str) -> str:
    taken = {device.hostname for device in here.town.index.devices.of(account.id)}
    return next(name for number in range(100, 100_000) if (name := f"{stem}-{number:03d}") not in taken)
