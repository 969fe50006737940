"""Clients of the sandbox: names with legal forms, chains, near-duplicates and generic names, and where they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from connectors.sandbox.estate import words
from connectors.sandbox.estate.world import Client, Site

_TRANSLITERATE = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "å": "a", "Å": "A", "Ø": "O"})


def ascii_text(text: str) -> str:
    """`text` without accents, as people type it into systems that do not take them."""
    return unicodedata.normalize("NFKD", text.translate(_TRANSLITERATE)).encode("ascii", "ignore").decode()


def slug(text: str) -> str:
    """Lower-case letters and digits only: the label of a domain or tenant."""
    return re.sub(r"[^a-z0-9]", "", ascii_text(text).lower().replace("&", "and"))


@dataclass
class _Taken:
    names: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)

    @staticmethod
    def unique(wanted: str, taken: set[str], separator: str = "") -> str:
        result, number = wanted, 2
        while result.lower() in taken:
            result, number = f"{wanted}{separator}{number}", number + 1
        taken.add(result.lower())
        return result


def make_clients(rng: Random, count: int, seats: int, as_of: date) -> list[Client]:
    """`count` clients whose staff together makes about `seats` seats over all integrations."""
    taken = _Taken()
    cores = _cores(rng, count)
    weights = [rng.lognormvariate(0, 0.75) for _ in cores]
    people = seats / SEATS_PER_PERSON
    scale = people / sum(weights)
    clients = []
    for number, ((core, name, country), weight) in enumerate(zip(cores, weights, strict=True)):
        clients.append(_client(rng, number, core, name, country, max(2, round(weight * scale)), as_of, taken))
    return clients


SEATS_PER_PERSON = 3.6
"""Seats over all integrations that one person at a client comes to on average (measured on built estates)."""


def _cores(rng: Random, count: int) -> list[tuple[str, str, str]]:
    """(name without legal form, full name, country) of every client, all different."""
    result: list[tuple[str, str, str]] = []
    seen: set[str] = set()

    def add(core: str, country: str, form: str | None = None) -> None:
        forms = words.FOREIGN[country][2] if country in words.FOREIGN else words.LEGAL_FORMS[country]
        chosen = rng.choice(forms) if form is None else form
        name = (
            f"{core}, {chosen}"
            if country == "US" and chosen[:3] in ("Inc", "LLC") and rng.random() < 0.4
            else f"{core} {chosen}"
        )
        if core.lower() not in seen and len(result) < count:
            seen.add(core.lower())
            result.append((core, name.strip(), country))

    for _ in range(max(1, count // 25)):
        _chain(rng, add)
    for _ in range(max(1, count // 40)):
        left, right = rng.sample(words.SURNAMES, 2)
        add(f"{left} & {right}", "GB", "LLP")
        add(f"{left} {right}", "GB", "Ltd")
    for core in rng.sample(words.GENERIC, min(len(words.GENERIC), max(2, count // 20))):
        add(core, rng.choice(("US", "GB")))
    while len(result) < count:
        country = rng.choices(("US", "GB", "DE", "FR", "NL", "ES", "SE", "IE"), (56, 27, 5, 4, 3, 2, 1, 2))[0]
        add(_core(rng, country), country)
    rng.shuffle(result)
    return result


def _chain(rng: Random, add: Callable[[str, str], None]) -> None:
    """A franchise: the same brand in several towns, each its own company and its own client."""
    trade = rng.choice(("Dental Care", "Veterinary Clinic", "Eye Care", "Care Homes", "Motors"))
    brand = f"{rng.choice(words.BRANDS)} {trade}"
    country = rng.choice(("US", "GB"))
    for place in rng.sample(words.PLACES, rng.randint(2, 4)):
        town = place.replace("-", " ")
        add(f"{brand} ({town})" if country == "GB" else f"{brand} of {town}", country)


def _core(rng: Random, country: str) -> str:
    if country in words.FOREIGN:
        surnames, patterns, _ = words.FOREIGN[country]
        return rng.choice(patterns).format(rng.choice(surnames).replace("-", " "))
    shape = rng.random()
    if shape < 0.30:
        return f"{rng.choice(words.PLACES).replace('-', ' ')} {rng.choice(words.TRADES)}"
    if shape < 0.62:
        return f"{rng.choice(words.BRANDS)} {rng.choice(words.TRADES)}"
    if shape < 0.80:
        left, right = rng.sample(words.SURNAMES, 2)
        return f"{left} & {right} {rng.choice(words.PARTNER_TRADES)}"
    if shape < 0.90:
        surname = rng.choice(words.SURNAMES)
        return f"{surname} {rng.choice(('Brothers', '& Sons', 'Family'))} {rng.choice(words.TRADES)}"
    one, two, three = rng.sample(words.SURNAMES, 3)
    return f"{one}, {two} & {three}"


def _client(
    rng: Random, number: int, core: str, name: str, country: str, staff: int, as_of: date, taken: _Taken
) -> Client:
    label = slug(re.sub(r"\b(The|of|and|et|&)\b|[(),]", " ", core))
    if len(label) > 18 and rng.random() < 0.5:
        label = slug(" ".join(core.split()[:2]))
    domain = _Taken.unique(label[:28], taken.domains) + ".example"
    identifier = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", ascii_text(core)))[:25]
    sites = [_site(rng, country, "Head office")]
    if staff > 12 and rng.random() < 0.45:
        towns = rng.sample(words.PLACES, rng.randint(1, 2))
        sites += [_site(rng, country, town.replace("-", " ")) for town in towns]
    former = rng.random() < 0.05
    former_core = f"{rng.choice(words.BRANDS)} {rng.choice(words.TRADES)}" if former else ""
    return Client(
        id=str(19_000 + number * 7 + rng.randint(0, 6)),
        identifier=_Taken.unique(identifier, taken.identifiers),
        name=name,
        core=core,
        domain=domain,
        country=country,
        currency=words.CURRENCY.get(country, "EUR"),
        sites=sites,
        staff=staff,
        former_name=former_core,
        former_domain=f"{_Taken.unique(slug(former_core), taken.domains)}.example" if former else "",
        since=as_of - timedelta(days=rng.randint(250, 2600)),
    )


def _site(rng: Random, country: str, name: str) -> Site:
    city, region, postcode, dial = rng.choice(words.CITIES[country])
    number, street = rng.randint(1, 240), rng.choice(words.STREETS[country])
    address = f"{street} {number}" if country in ("DE", "NL", "ES", "SE") else f"{number} {street}"
    last = rng.randint(100, 199)
    phone = {
        "US": f"({dial}) 555-0{last}",
        "GB": f"{dial}{last}",
        "DE": f"+49 30 23125 {last}",
        "FR": f"+33 1 99 00 {last % 100:02d} {rng.randint(0, 99):02d}",
        "NL": f"+31 85 555 0{last}",
        "ES": f"+34 900 555 {last}",
        "SE": f"+46 8 465 00 {last % 100:02d}",
        "IE": f"+353 20 915 0{last}",
    }[country]
    if country == "GB":
        postcode = f"{postcode} {rng.randint(1, 9)}{rng.choice('ABDEFGHJ')}{rng.choice('LNPQRSTUW')}"
    elif country == "NL":
        postcode = f"{postcode} {rng.choice('ABCDEFGH')}{rng.choice('ABCDEFGH')}"
    elif country == "IE":
        postcode = f"{postcode} {rng.choice('ACDEFHKNPRTVWXY')}{rng.randint(10, 99)}{rng.choice('ACDEFHKN')}"
    return Site(name, address, city, region, postcode, phone)
