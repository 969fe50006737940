"""Builds the estate: clients, then usage, then billing that agrees with it, then what is planted, then lesser facts."""

from __future__ import annotations

from datetime import date
from random import Random

from connectors.sandbox.estate.billing import bill
from connectors.sandbox.estate.drift import plant_drift
from connectors.sandbox.estate.facts import complete
from connectors.sandbox.estate.making import World
from connectors.sandbox.estate.names import make_clients
from connectors.sandbox.estate.usage import populate
from connectors.sandbox.estate.world import Estate

_LAPSED = 2


def build(seed: int, clients: int = 60, seats: int = 3000, *, as_of: date) -> Estate:
    """A world of `clients` clients and about `seats` seats on `as_of`.

    The same arguments give the same estate to the byte, on any machine; moving `as_of` moves every date with it.
    Two more clients are made who have left the MSP and live on only in vendors' portals.
    """
    if clients < 5 or seats < clients:
        raise ValueError("an estate needs at least 5 clients and as many seats as clients")
    rng = Random(f"rcx-estate:{seed}")  # noqa: S311 - a reproducible world is the point
    world = World(rng, Estate(seed, as_of))
    everyone = make_clients(rng, clients + _LAPSED, seats, as_of)
    world.estate.clients = everyone[:clients]
    populate(world, world.estate.clients, everyone[clients:])
    plant_drift(world, bill(world))
    complete(world.estate)
    return world.estate
