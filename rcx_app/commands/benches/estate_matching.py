"""Matching on planted estates: the sandbox's accounts of each integration against its PSA's clients, by known truth.

`matching` knows nothing of connectors, so the records are made here, with what a sync of the real systems brings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from connectors.sandbox.estate import Estate, build
from connectors.sandbox.estate.world import Account, Client, Site
from matching.benches.accuracy import Quality, compare
from matching.benches.peer import Peer
from matching.simulate import Tenant
from matching.types import Party

SEEDS = (7, 8, 9)
CLIENTS = 300
SEATS = 9_000
_DAY = date(2026, 11, 2)


def tenants(seed: int, clients: int = CLIENTS, seats: int = SEATS) -> list[Tenant]:
    """One tenant for each integration of an estate."""
    estate = build(seed, clients, seats, as_of=_DAY)
    right = [_client(client) for client in estate.clients]
    people, devices = _people(estate), _devices(estate)
    by_integration: dict[str, list[Account]] = defaultdict(list)
    for account in estate.accounts:
        by_integration[account.integration].append(account)
    out = []
    for integration, accounts in sorted(by_integration.items()):
        left = [
            replace(_account(account), people=people.get(account.id, ()), devices=devices.get(account.id, ()))
            for account in accounts
        ]
        owners = [(account.id, estate.truth.get((integration, account.id))) for account in accounts]
        links = frozenset((account, client) for account, client in owners if client is not None)
        out.append(Tenant(f"{integration} {seed}", left, right, links))
    return out


def measure(peer: Peer | None = None, seeds: Sequence[int] = SEEDS, clients: int = CLIENTS) -> list[Quality]:
    """All integrations of several estates together, RCX and others on the same lists."""
    return compare([tenant for seed in seeds for tenant in tenants(seed, clients, clients * 30)], peer)


def _place(party: Party, site: Site | None) -> Party:
    if site is None:
        return party
    return replace(
        party, address=site.address, city=site.city, region=site.region, postcode=site.postcode, phone=site.phone
    )


def _client(client: Client) -> Party:
    """A company of the PSA, with the address of its first site."""
    party = Party(client.id, client.name, domain=client.domain, country=client.country)
    return _place(party, client.sites[0] if client.sites else None)


def _account(account: Account) -> Party:
    domains = ";".join(domain for domain in (account.domain, account.tenant_domain) if domain)
    return _place(Party(account.id, account.name, domain=domains), account.site)


def _people(estate: Estate) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for user in estate.users:
        if user.kind == "member":
            found[user.account_id].setdefault(user.upn.lower())
    return {account: tuple(names) for account, names in found.items()}


def _devices(estate: Estate) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for device in estate.devices:
        found[device.account_id].setdefault(device.hostname.lower())
    for agent in estate.agents:
        found[agent.account_id].setdefault(agent.hostname.lower())
    return {account: tuple(names) for account, names in found.items()}
