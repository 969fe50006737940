"""What two systems know of an organisation beyond its name, made up with assumed rates; not used when matching.

Telephones, domains, seats, people and devices of public sets do not exist; the rates here are priors, not measurements.
"""

import random
import string
from dataclasses import dataclass, replace

from matching.normalise import variant_of
from matching.types import Party


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the two systems of a tenant know beyond names: chance that a value is blank, by kind (1: never kept)."""

    address: float = 1.0
    phone: float = 1.0
    domain: float = 1.0
    city: float = 1.0
    seats: float = 1.0


def made_domain(name: str, rng: random.Random) -> str:
    """A plausible domain of a business without a known one."""
    variant = variant_of(name.lower())
    words = [w for w in (variant.tokens if variant else ()) if w.isascii() and w.isalnum()] or ["business"]
    style = rng.random()
    if style < 0.5:
        label = "".join(words)[:24]
    elif style < 0.65:
        label = "".join(words[:2])
    elif style < 0.75 and len(words) > 2:
        label = "".join(w[0] for w in words) + rng.choice(("", "inc", "chicago"))
    elif style < 0.85:
        label = words[0] + rng.choice(("chicago", "online", "group", "hq"))
    else:
        label = "".join(rng.choices(string.ascii_lowercase, k=7))
    return f"{label}.{rng.choice(('com', 'com', 'com', 'net', 'org', 'biz'))}"


def know(party: Party, facts: Party, evidence: Evidence, rng: random.Random, side: str) -> Party:
    """`party` with the facts that this side's system happens to hold, in its own spelling."""

    def has(blank: float) -> bool:
        # One side is the fuller one: the other side bears the blanks.
        return rng.random() >= (blank if side == "right" or blank >= 1 else blank / 4)

    out = party
    if has(evidence.address):
        kept = rng.random()  # a system may hold the whole address, its postcode only, or the street only
        if kept < 0.85:
            out = replace(out, postcode=facts.postcode)
        if kept < 0.7 or kept >= 0.85:
            out = replace(out, address=facts.address.title() if side == "right" else facts.address)
    if has(evidence.phone):
        digits = facts.phone if rng.random() < 0.9 else f"312{rng.randrange(10**7):07d}"
        out = replace(out, phone=f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if side == "left" else f"+1 {digits}")
    if has(evidence.domain):
        own = facts.domain if rng.random() < 0.88 else made_domain(facts.name, rng)
        mails = rng.random()
        if mails < 0.15:
            out = replace(out, emails=(f"owner{rng.randrange(99)}@gmail.com",))
        elif side == "left":
            out = replace(out, domain=f"https://www.{own}/")
        else:
            out = replace(out, emails=(f"info@{own}", f"billing@{own}"))
    if has(evidence.city):
        out = replace(out, city=facts.city, region=facts.region, country=facts.country)
    if has(evidence.seats) and facts.seat_count is not None:
        change = rng.choice((0, 0, 0, 1, -1, 2, 5, -3)) if rng.random() < 0.85 else rng.randrange(-20, 40)
        out = replace(out, seat_count=max(0, facts.seat_count + change))
    return out


# Assumed rates, by side of a link: how much of a client's staff or machines a system shows, and how often it shows them
# under names that nobody else uses (another sign-in domain, serials against host names).
SHOWN_AT_VENDOR, SHOWN_AT_PSA = (0.3, 1.0), (0.05, 0.9)
OTHER_SPELLING = 0.1
STRAYS = 0.04  # share of records with somebody of another client: an accountant, a machine that was passed on
SISTERS = 0.2  # share of a site's staff that works at the owner's other sites too
_HOSTS = ("DESKTOP-1", "LAPTOP", "SERVER", "DC01", "FS01", "RECEPTION", "PC-02", "MacBook-Pro")


def _staff(owner: str, site: str, seed: int) -> tuple[list[str], list[str]]:
    """People and devices of one site, some of whom belong to all sites of its owner; the same for both sides."""
    rng = random.Random(f"staff {seed} {site}")  # noqa: S311  a repeatable draw, not a secret
    size = max(1, min(60, int(rng.lognormvariate(2.2, 0.9))))
    people, devices = [], []
    for k in range(size):
        home = owner if rng.random() < SISTERS else site
        people.append(f"person{k}.{home}@client{owner}.example")
        devices.append(
            rng.choice(_HOSTS) if rng.random() < 0.15 else f"{rng.choice(('LT', 'PC', 'SRV'))}-{home}-{k:03d}"
        )
    return people, devices


def _shown(values: list[str], share: tuple[float, float], strays: list[str], rng: random.Random) -> tuple[str, ...]:
    """The part of a client's people or devices that a system shows."""
    other = rng.random() < OTHER_SPELLING
    kept = [f"x{value}" if other else value for value in values if rng.random() < rng.uniform(*share)]
    if strays and rng.random() < STRAYS:
        kept.append(rng.choice(strays))
    return tuple(kept)


def staffed(
    left: list[Party], right: list[Party], people: float, devices: float, seed: int
) -> tuple[list[Party], list[Party]]:
    """Both lists with people and devices; `people` and `devices` are the chances that a record has none.

    Ids tell who is who: `L5.1` and `R5.1` are one site, `5` its owner, `R5` the owner as a whole. Administrators of the
    MSP stand in many records of the vendor's side.
    """
    rng = random.Random(f"staffed {seed}")  # noqa: S311  a repeatable draw, not a secret
    sites = sorted({party.id[1:] for party in (*left, *right)})
    staff = {site: _staff(site.split(".")[0], site, seed) for site in sites}
    of_owner: dict[str, list[str]] = {}
    for site in sites:
        of_owner.setdefault(site.split(".")[0], []).append(site)
    strays = [value for found, _ in staff.values() for value in found[:1]]
    machines = [value for _, found in staff.values() for value in found[:1]]

    def one(party: Party, share: tuple[float, float]) -> Party:
        mine, hosts = staff[party.id[1:]]
        if "." not in party.id:  # a client as a whole has the staff of all its sites
            mine = [person for site in of_owner[party.id[1:]] for person in staff[site][0]]
            hosts = [device for site in of_owner[party.id[1:]] for device in staff[site][1]]
        shown = _shown(mine, share, strays, rng) if rng.random() >= people else ()
        if shown and share is SHOWN_AT_VENDOR and rng.random() < 0.3:
            shown = (*shown, f"admin{rng.randrange(2)}@msp.example")
        machines_shown = _shown(hosts, share, machines, rng) if rng.random() >= devices else ()
        return replace(party, people=shown, devices=machines_shown)

    return [one(p, SHOWN_AT_VENDOR) for p in left], [one(p, SHOWN_AT_PSA) for p in right]
