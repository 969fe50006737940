"""Labelled tenants built from the public sets: two lists of records and which of them belong together.

Nothing here is used when matching; it feeds training, the frozen bench and the tests. Every draw is seeded, and
an entity (a Chicago account, a body, a university, a company) is on one side of the train/test line only.
"""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from matching.corpora import Row, rows
from matching.domains import host
from matching.facts import Evidence as Evidence
from matching.facts import know, made_domain, staffed
from matching.noise import noisy as noisy
from matching.types import Party

Part = Literal["train", "test"]
LeftName = Literal["trading", "legal", "both", "mixed"]
LINKED, LEFT_ONLY = 0.65, 0.20  # the rest of a tenant's entities stand on the right only
TEST_TENTHS = 3


@dataclass(frozen=True, slots=True)
class Tenant:
    """Two sides and the true links between them (right ids of each left id; a left id may have none)."""

    name: str
    left: list[Party]
    right: list[Party]
    links: frozenset[tuple[str, str]]


def part_of(entity: str) -> Part:
    """Which side of the line an entity is on, the same for ever."""
    return (
        "test"
        if int(hashlib.md5(entity.encode(), usedforsecurity=False).hexdigest(), 16) % 10 < TEST_TENTHS
        else "train"
    )


@lru_cache(maxsize=4)
def chicago(part: Part) -> tuple[tuple[Row, ...], ...]:
    """Sites by account, accounts in file order."""
    accounts: dict[str, list[Row]] = defaultdict(list)
    for row in rows("chicago_sites"):
        if row["legal_name"].strip() and part_of("c" + row["account_number"]) == part:
            accounts[row["account_number"]].append(row)
    return tuple(tuple(sites) for sites in accounts.values())


@lru_cache(maxsize=4)
def bodies(part: Part) -> tuple[Row, ...]:
    """Public bodies that have one domain; same-named bodies of several states stay on one side of the line."""
    count = Counter((r["org"].lower(), r["state"]) for r in rows("dotgov"))
    single = (r for r in rows("dotgov") if r["org"].strip() and count[r["org"].lower(), r["state"]] == 1)
    return tuple(r for r in single if part_of("g" + r["org"].lower()) == part)


@lru_cache(maxsize=4)
def universities(part: Part) -> tuple[Row, ...]:
    """Universities with their domain."""
    return tuple(r for r in rows("universities") if r["name"].strip() and part_of("u" + r["name"].lower()) == part)


@lru_cache(maxsize=4)
def companies(part: Part) -> tuple[Row, ...]:
    """Company names with a country."""
    return tuple(r for r in rows("company_names") if part_of("n" + r["name"].lower()) == part)


def _split(count: int, rng: random.Random) -> list[str]:
    """For each of `count` entities: on both sides, or on one."""
    return rng.choices(("both", "left", "right"), (LINKED, LEFT_ONLY, 1 - LINKED - LEFT_ONLY), k=count)


def chicago_tenant(
    part: Part,
    seed: int,
    size: int = 280,
    left_name: LeftName = "trading",
    evidence: Evidence | None = None,
    many: bool = False,
) -> Tenant:
    """A client list against a site list. With `many`, one right record an account, its sites left."""
    rng = random.Random(f"chicago {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    evidence = evidence or Evidence()
    accounts = chicago(part)
    chosen = rng.sample(accounts, min(size, len(accounts)))
    left: list[Party] = []
    right: list[Party] = []
    links: set[tuple[str, str]] = set()
    for number, (sites, where) in enumerate(zip(chosen, _split(len(chosen), rng), strict=True)):
        domain = made_domain(sites[0]["dba_name"] or sites[0]["legal_name"], rng)
        for position, site in enumerate(sites[: 6 if many else 3]):
            facts = _site_facts(site, domain, rng)
            left_id, right_id = f"L{number}.{position}", f"R{number}" if many else f"R{number}.{position}"
            names = _names(site, rng.choice(("trading", "legal", "both")) if left_name == "mixed" else left_name)
            mark = {"licence": site["license_number"]}
            ours = Party(left_id, names[0], aliases=names[1:], attributes=mark)
            theirs = Party(right_id, _site_name(site, rng), attributes=mark)
            if many:
                ours = Party(left_id, theirs.name)
                theirs = Party(right_id, site["legal_name"], aliases=(site["doing_business_as_name"],))
            if where != "right":
                left.append(know(ours, facts, evidence, rng, "left"))
            if where != "left" and not (many and position):
                right.append(know(theirs, facts, evidence, rng, "right"))
            if where == "both":
                links.add((left_id, right_id))
    rng.shuffle(left)
    rng.shuffle(right)
    return Tenant(f"chicago {part} {seed} {left_name}{' many' if many else ''}", left, right, frozenset(links))


def _site_facts(site: Row, domain: str, rng: random.Random) -> Party:
    return Party(
        "",
        site["dba_name"] or site["legal_name"],
        domain=domain,
        phone=f"312{rng.randrange(10**7):07d}",
        address=site["address"],
        postcode=site["zip"] or site["zip_code"],
        city="Chicago",
        region="IL",
        country="US",
        seat_count=max(1, int(rng.lognormvariate(2.5, 1.0))),
    )


def _site_name(site: Row, rng: random.Random) -> str:
    name = (site["aka_name"] if rng.random() < 0.5 else site["dba_name"]) or site["dba_name"] or site["aka_name"]
    return noisy(name, rng) if rng.random() < 0.15 else name


def _names(site: Row, kind: str) -> tuple[str, ...]:
    legal, trading = site["legal_name"], site["doing_business_as_name"] or site["dba_name"]
    return {"trading": (trading,), "legal": (legal,), "both": (legal, trading)}[kind]


NOWHERE = ("", "", "")


def _placed(party: Party, where: tuple[str, str, str]) -> Party:
    """The record with city, region and country."""
    return replace(party, city=where[0], region=where[1], country=where[2])


def domain_tenant(
    part: Part, seed: int, kind: Literal["bodies", "universities"], size: int = 300, place: float = 0.0
) -> Tenant:
    """Names on the left, bare domains on the right; `place` is the chance that both sides know city and state."""
    rng = random.Random(f"{kind} {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    source, name, city = (bodies(part), "org", "city") if kind == "bodies" else (universities(part), "name", "")
    chosen = rng.sample(source, min(size, len(source)))
    left: list[Party] = []
    right: list[Party] = []
    links: set[tuple[str, str]] = set()
    for number, (row, where) in enumerate(zip(chosen, _split(len(chosen), rng), strict=True)):
        where_is = (row[city] if city else "", row["state"], row.get("country", "US"))
        if where != "right":
            left.append(_placed(Party(f"L{number}", row[name]), where_is if rng.random() < place else NOWHERE))
        if where != "left":
            domain = host(row["domain"])
            shown = domain if rng.random() < 0.7 else domain.split(".")[0]
            known = where_is if rng.random() < place else NOWHERE
            right.append(_placed(Party(f"R{number}", shown, domain=domain), known))
        if where == "both":
            links.add((f"L{number}", f"R{number}"))
    rng.shuffle(right)
    return Tenant(f"{kind} {part} {seed}", left, right, frozenset(links))


def _as_held(where: tuple[str, str, str], chance: float, rng: random.Random) -> tuple[str, str, str]:
    """City, region and country, each known with a chance."""
    city, region, country = (text if rng.random() < chance else "" for text in where)
    return city, region, country


def noised_tenant(part: Part, seed: int, size: int = 300, places: float = 0.0) -> Tenant:
    """Names of every set against noised copies of themselves: the same organisation as two systems spell it."""
    rng = random.Random(f"noised {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    towns = [(row["city"], row["state"]) for row in bodies(part)]
    pool = all_names(part)
    chosen = rng.sample(pool, min(size, len(pool)))
    left: list[Party] = []
    right: list[Party] = []
    links: set[tuple[str, str]] = set()
    for number, ((name, country), where) in enumerate(zip(chosen, _split(len(chosen), rng), strict=True)):
        known = (*rng.choice(towns), country)
        number_of_site = rng.randrange(1, 400) if rng.random() < 0.08 else 0
        shown = f"{name} #{number_of_site}" if number_of_site else name
        if where != "right":
            left.append(_placed(Party(f"L{number}", shown), _as_held(known, places, rng)))
        if where != "left":
            moved = known if rng.random() < 0.92 else (*rng.choice(towns), country)
            right.append(_placed(Party(f"R{number}", noisy(shown, rng)), _as_held(moved, places, rng)))
        if number_of_site:  # another site of the same chain, which nobody on the left is
            sister = f"{name} #{number_of_site + rng.randrange(1, 90)}"
            right.append(_placed(Party(f"R{number}s", sister), _as_held((*rng.choice(towns), country), places, rng)))
        if where == "both":
            links.add((f"L{number}", f"R{number}"))
    rng.shuffle(right)
    return Tenant(f"noised {part} {seed}", left, right, frozenset(links))


def _site_marks(brand: str, count: int, towns: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str, str]]:
    """(first spelling, second spelling, town) of the sites of a brand, told apart by number, town or side of town."""
    kind = rng.choice(("number", "town", "branch"))
    out = []
    for number, (town, _) in zip(rng.sample(range(1, 400), count), rng.sample(towns, count), strict=True):
        branch = rng.choice(("North", "South", "East", "West", "Downtown", "Main", "Airport", "Central")) + (
            f" {rng.choice(('Office', 'Branch', 'Clinic'))}" if rng.random() < 0.3 else ""
        )
        mark = {"number": f"#{number}", "town": town, "branch": branch}[kind]
        other = {"number": f"Store {number:04d}", "town": f"({town})", "branch": f"- {branch}"}[kind]
        out.append((f"{brand} {mark}", f"{brand} {other}" if rng.random() < 0.5 else f"{brand} - {mark}", town))
    return out


def chain_tenant(part: Part, seed: int, brands: int = 30, places: float = 0.0) -> Tenant:
    """Brands with several sites each: site against site, or all sites of a brand against the one client it is."""
    rng = random.Random(f"chains {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    towns = sorted({(row["city"], row["state"]) for row in bodies(part) if row["city"].strip()})
    chosen = rng.sample(all_names(part), brands)
    left: list[Party] = []
    right: list[Party] = []
    links: set[tuple[str, str]] = set()
    for number, (brand, _) in enumerate(chosen):
        is_one_client = rng.random() < 0.1
        sites = _site_marks(brand, rng.choice((1, 2, 3, 3, 5)), towns, rng)
        if is_one_client:
            right.append(Party(f"R{number}", noisy(brand, rng)))
        for position, ((ours, theirs, town), where) in enumerate(zip(sites, _split(len(sites), rng), strict=True)):
            here = (town, "", "US")
            if where != "right" or is_one_client:
                left.append(_placed(Party(f"L{number}.{position}", ours), _as_held(here, places, rng)))
            if is_one_client:
                links.add((f"L{number}.{position}", f"R{number}"))
                continue
            if where != "left":
                shown = noisy(theirs, rng) if rng.random() < 0.4 else theirs
                right.append(_placed(Party(f"R{number}.{position}", shown), _as_held(here, places, rng)))
            if where == "both":
                links.add((f"L{number}.{position}", f"R{number}.{position}"))
    rng.shuffle(right)
    return Tenant(f"chains {part} {seed}", left, right, frozenset(links))


def with_staff(tenant: Tenant, people: float, devices: float, seed: int) -> Tenant:
    """The tenant with people and devices; `people` and `devices` are the chances that a record has none."""
    left, right = staffed(tenant.left, tenant.right, people, devices, seed)
    return replace(tenant, name=f"{tenant.name} staffed", left=left, right=right)


@lru_cache(maxsize=4)
def all_names(part: Part) -> tuple[tuple[str, str], ...]:
    """Distinct (name, country) of all sets."""
    found: dict[str, str] = {}
    for row in companies(part):
        found.setdefault(row["name"], row["country"])
    for sites in chicago(part):
        found.setdefault(sites[0]["dba_name"] or sites[0]["legal_name"], "US")
        found.setdefault(sites[0]["legal_name"], "US")
    for row in bodies(part):
        found.setdefault(row["org"] if row["state"] in row["org"] else f"{row['org']}, {row['state']}", "US")
    for row in universities(part):
        found.setdefault(row["name"], row["country"])
    return tuple((name, country) for name, country in found.items() if name.strip())


def blanked(tenant: Tenant, share: float, seed: int) -> Tenant:
    """The tenant with the address and postcode of a share of the right side removed."""
    rng = random.Random(f"blank {seed}")  # noqa: S311  a repeatable draw, not a secret
    right = [replace(p, address="", postcode="") if rng.random() < share else p for p in tenant.right]
    return Tenant(f"{tenant.name} blanked", tenant.left, right, tenant.links)


@lru_cache(maxsize=1)
def _addresses() -> dict[str, tuple[str, str]]:
    return {row["license_number"]: (row["address"], row["zip"] or row["zip_code"]) for row in rows("chicago_sites")}


def _addressed(tenant: Tenant) -> Tenant:
    """The tenant with the full address of every site on both sides; records carry their licence."""

    def known(party: Party) -> Party:
        address, postcode = _addresses()[party.attributes["licence"]]
        return replace(party, address=address, postcode=postcode)

    return Tenant(tenant.name, [known(p) for p in tenant.left], [known(p) for p in tenant.right], tenant.links)


def chicago_test(seed: int, blank: float, left_name: LeftName = "trading") -> Tenant:
    """One frozen test tenant: addresses known on the left, `blank` of them missing on the right."""
    full = chicago_tenant("test", seed, left_name=left_name)
    return blanked(_addressed(full), blank, seed)


def frozen(kind: str, count: int = 6) -> list[Tenant]:
    """The frozen test tenants of a kind: `names`, `blank70`, `full`, `legal`, `both`, `bodies`, `universities`,
    `noised`, `chains`, `staffed` (names, people and devices)."""
    seeds: Sequence[int] = range(1000, 1000 + count)
    makers: dict[str, Callable[[int], Tenant]] = {
        "names": lambda s: chicago_test(s, 1.0),
        "blank70": lambda s: chicago_test(s, 0.7),
        "full": lambda s: chicago_test(s, 0.0),
        "legal": lambda s: chicago_test(s, 0.0, "legal"),
        "both": lambda s: chicago_test(s, 0.0, "both"),
        "bodies": lambda s: domain_tenant("test", s, "bodies"),
        "universities": lambda s: domain_tenant("test", s, "universities"),
        "noised": lambda s: noised_tenant("test", s),
        "chains": lambda s: chain_tenant("test", s, 60, 0.5),
        "staffed": lambda s: with_staff(chicago_test(s, 1.0), 0.4, 0.5, s),
    }
    return [makers[kind](seed) for seed in seeds]
