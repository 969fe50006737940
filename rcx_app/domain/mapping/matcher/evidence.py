"""Both sides as matching sees them: accounts with what is used in them, clients with what people gave to them.

What is read of one record is bounded, so that one huge tenant costs no more than a large one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from matching.domains import host, own_domains, registrable
from matching.types import Own, Party
from rcx_app.core.text import fold
from rcx_app.domain.mapping.matcher import identifiers
from rcx_app.domain.mapping.matcher.repository import MatcherRepository
from rcx_app.models import Account, Client

PEOPLE = 200
DEVICES = 200
DOMAINS = 20
# A client may have an account in each of many systems.
OF_CLIENT = 400


@dataclass(slots=True)
class Used:
    """What an account's seats show: sign-in names, machines, and how many people have which mail domain."""

    people: list[str] = field(default_factory=list)
    devices: dict[str, None] = field(default_factory=dict)
    domains: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What people's decisions say of a client: the accounts of one connection that they gave to it."""

    connection_id: int
    client_id: str
    account: Party


def read_used(repository: MatcherRepository) -> dict[int, Used]:
    """What the seats of every account show, in one pass."""
    found: dict[int, Used] = {}
    before: tuple[int, str] = (0, "")
    for account_id, identity, name in repository.used():
        used = found.setdefault(account_id, Used())
        if "@" in identity:
            if (account_id, identity) != before:
                _person(used, identity)
        else:
            for each in (identity, name):
                if each and len(used.devices) < DEVICES:
                    used.devices.setdefault(each)
        before = (account_id, identity)
    return found


def _person(used: Used, identity: str) -> None:
    domain = identity.rpartition("@")[2]
    if domain in used.domains or len(used.domains) < DOMAINS:
        used.domains[domain] += 1
    if len(used.people) < PEOPLE:
        used.people.append(identity)


def account_party(row: Account, used: Used, seats: int, found: Mapping[str, str]) -> Party:
    """An account. Of its people's addresses the domains are given: more of them the matcher does not compare."""
    return Party(
        id=str(row.id),
        name=row.name,
        domain=row.domain,
        emails=(*row.emails, *sorted(used.domains)),
        phone=row.phone,
        address=row.address,
        city=row.city,
        region=row.region,
        postcode=row.postcode,
        country=row.country,
        aliases=tuple(row.aliases),
        identifiers=found,
        seat_count=seats,
        people=tuple(used.people),
        devices=tuple(used.devices),
    )


def client_party(row: Client, found: Mapping[str, str]) -> Party:
    """A client. Its contacts are people."""
    return Party(
        id=str(row.id),
        name=row.name,
        domain=row.domain,
        emails=tuple(row.emails),
        phone=row.phone,
        address=row.address,
        city=row.city,
        region=row.region,
        postcode=row.postcode,
        country=row.country,
        aliases=tuple(row.aliases),
        identifiers=found,
        people=tuple(dict.fromkeys(fold(mail) for mail in row.emails if "@" in mail))[:PEOPLE],
    )


def enriched(clients: Sequence[Party], given: Iterable[Given], but: int) -> list[Party]:
    """The clients with what people gave to them in all connections other than `but`.

    In the connection itself it would be circular: an account would speak for the client that it is mapped to.
    """
    by_client: dict[str, list[Party]] = {}
    for each in given:
        if each.connection_id != but:
            by_client.setdefault(each.client_id, []).append(each.account)
    return [_with(client, by_client[client.id]) if client.id in by_client else client for client in clients]


def _with(client: Party, accounts: Sequence[Party]) -> Party:
    schemes: dict[str, set[str]] = {}
    for scheme, value in ((scheme, value) for each in accounts for scheme, value in each.identifiers.items()):
        schemes.setdefault(scheme, set()).add(value)
    # Two values under one scheme (two tenants) would speak against each other's accounts: neither is taken over.
    inherited = {
        scheme: next(iter(values))
        for scheme, values in sorted(schemes.items())
        if len(values) == 1 and scheme != identifiers.PSA
    }
    domains = dict.fromkeys(domain for each in accounts for domain in own_domains(each.domain, ()))
    return replace(
        client,
        emails=(*client.emails, *list(domains)[:DOMAINS]),
        people=_first(OF_CLIENT, client.people, *(each.people for each in accounts)),
        devices=_first(OF_CLIENT, client.devices, *(each.devices for each in accounts)),
        identifiers={**inherited, **client.identifiers},
    )


def _first(most: int, *lists: Sequence[str]) -> tuple[str, ...]:
    """The first of each list in turn, so that none crowds out the others; each once."""
    share = max(1, most // max(1, len(lists)))
    kept = reduce(lambda found, each: found | dict.fromkeys(each[:share]), lists, dict[str, None]())
    for each in lists:
        for value in each[share:]:
            if len(kept) >= most:
                return tuple(kept)
            kept.setdefault(value)
    return tuple(kept)[:most]


def own_of(repository: MatcherRepository) -> Own:
    """What is known of the MSP itself: the workspace's name, the domains of its people, free mail left out."""
    return Own((repository.workspace().name,), own_domains("", tuple(repository.member_emails())))


def domain_owners(clients: Iterable[Party]) -> dict[str, str]:
    """Client id by domain, of domains that exactly one client has."""
    owners: dict[str, set[str]] = {}
    for client in clients:
        for domain in own_domains(client.domain, client.emails):
            owners.setdefault(domain, set()).add(client.id)
    return {domain: next(iter(ids)) for domain, ids in owners.items() if len(ids) == 1}


def shared_domain(domains: Mapping[str, int]) -> tuple[str, int, int]:
    """The registered domain that most people have: (domain, its people, all people); empty where none has most."""
    counted: Counter[str] = Counter()
    for domain, people in domains.items():
        counted[registrable(host(domain) or domain)] += people
    total = sum(counted.values())
    if not total:
        return "", 0, 0
    best, people = min(counted.items(), key=lambda item: (-item[1], item[0]))
    return (best, people, total) if 2 * people > total else ("", people, total)
