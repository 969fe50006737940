"""Planted on a built estate where a test asks for it: what only several tools together, or time, can show.

An estate has none of it by itself, so that its numbers stay those that others are held to. Quantities of today follow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.world import (
    ACRONIS,
    DATTO,
    HUNTRESS,
    NINJA,
    Account,
    Client,
    Device,
    Estate,
    Line,
    Planted,
)

_SILENT = timedelta(days=50)
_LEAST = 12


def plant_oddities(estate: Estate) -> list[Planted]:
    """Plant `ghost`, `delivered_unbilled` and `duplicate_across` once each, at clients of their own, where one fits.

    They join `estate.planted`. The same estate gets the same.
    """
    rng = Random(f"rcx-estate-oddities:{estate.seed}")  # noqa: S311 - a reproducible world is the point
    clients = rng.sample(estate.clients, len(estate.clients))
    found: list[Planted] = []
    for plant in (_ghost, _gap, _twice):
        for client in clients:
            planted = plant(estate, client)
            if planted is not None:
                found.append(planted)
                clients.remove(client)
                break
    estate.planted += found
    return found


def _devices(estate: Estate, client: Client, name: str) -> list[Device]:
    return [
        each
        for each in estate.devices
        if each.device_class == name and estate.truth[each.integration, each.account_id] == client.id
    ]


def _has(estate: Estate, client: Client, *integrations: str) -> bool:
    return any(owner == client.id and where in integrations for (where, _), owner in estate.truth.items())


def _ghost(estate: Estate, client: Client) -> Planted | None:
    """All servers of a client went quiet everywhere, and are still billed."""
    servers = _devices(estate, client, "server")
    if not servers or _has(estate, client, ACRONIS) or not _devices(estate, client, "workstation"):
        return None
    code = "NINJA-SRV" if servers[0].integration == NINJA else "DRMM-SRV"
    lines = _billed(estate, client, code)
    if not lines or lines[0].quantity <= 0:
        return None
    quiet = midnight(estate.as_of) - _SILENT
    serials = {each.serial for each in servers}
    for device in servers:
        device.last_seen_at = quiet
    for agent in estate.agents:
        if agent.serial in serials:
            agent.last_seen_at = quiet
    seats = tuple(each.id for each in servers)
    note = "billed, and not seen in any tool for weeks"
    return Planted("ghost", servers[0].integration, client.id, code, None, note, seats, (lines[0].id,))


def _gap(estate: Estate, client: Client) -> Planted | None:
    """One workstation of the RMM has no agent, among many that have one."""
    recently = midnight(estate.as_of) - timedelta(days=25)
    machines = [each for each in _devices(estate, client, "workstation") if each.last_seen_at > recently]
    serials = [each.serial for each in machines]
    if len(set(serials)) < _LEAST or not _has(estate, client, HUNTRESS):
        return None
    lacking = next(each for each in machines if serials.count(each.serial) == 1)
    gone = [each for each in estate.agents if each.serial == lacking.serial]
    estate.agents = [each for each in estate.agents if each.serial != lacking.serial]
    for line in _billed(estate, client, "HUN-EDR")[:1]:
        line.quantity -= len(gone)
    note = "managed, and not protected"
    return Planted("delivered_unbilled", HUNTRESS, client.id, "", None, note, (lacking.id,))


def _billed(estate: Estate, client: Client, code: str) -> list[Line]:
    """The active lines of a product at a client, the one that carries its group first."""
    found = [
        each
        for each in estate.lines
        if (each.client_id, each.product_code) == (client.id, code) and each.is_active(estate.as_of)
    ]
    return sorted(found, key=lambda each: (-each.quantity, each.id))


def _twice(estate: Estate, client: Client) -> Planted | None:
    """A workstation moved from one RMM to the other, and was left in both."""
    machines = _devices(estate, client, "workstation")
    serials = [each.serial for each in machines]
    machines = [each for each in machines if serials.count(each.serial) == 1]
    if not machines:
        return None
    device = machines[-1]
    other = DATTO if device.integration == NINJA else NINJA
    account = Account(other, f"moved-{client.id}", client.name, changed_at=device.created_at)
    estate.accounts.append(account)
    estate.truth[other, account.id] = client.id
    copy = replace(device, id=f"{device.id}-moved", integration=other, account_id=account.id)
    estate.devices.append(copy)
    told = device if device.integration == NINJA else copy
    return Planted("duplicate_across", NINJA, client.id, "", None, "moved, and left in both", (told.id,))
