"""Labelled service lists from the product tables: SKUs in use against products as an MSP might call them. Seeded."""

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from matching.corpora import rows
from matching.services.catalogue import catalogue
from matching.services.names import key_of
from matching.services.simulate_bills import book
from matching.simulate import Part, part_of
from matching.types import Service

_SHORTER = {
    "microsoft 365": "M365", "office 365": "O365", "business": "Bus", "standard": "Std", "premium": "Prem",
    "enterprise": "Ent", "exchange": "Exch", "essentials": "Ess", "advanced": "Adv", "professional": "Pro",
    "workstation": "Wks", "server": "Srv", "backup": "Bkp", "security": "Sec", "management": "Mgmt",
}  # fmt: skip
_REMARKS = (
    "", "", "", " (NCE COM MTH)", " (NCE COM ANN)", " [New Commerce Experience]", " - per user", " - Annual",
    " Monthly",    " (NCE) Annual", " P1Y", " - per user / month", " licence", " subscription",
)  # fmt: skip


_UNITS = ("user", "device", "seat", "gb", "each", "mailbox", "user", "agent", "workload", "licence", "site")


@dataclass(frozen=True, slots=True)
class ServiceTenant:
    """SKUs in use on the left, billed products on the right, and the true links."""

    name: str
    left: list[Service]
    right: list[Service]
    links: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """One product with everything it is called: as the vendor reports it, and as an MSP bills it."""

    usage: tuple[Service, ...]
    billed: tuple[str, ...]


@lru_cache(maxsize=4)
def microsoft(part: Part) -> tuple[Known, ...]:
    """Microsoft products; all SKUs of one display name are one product."""
    found: dict[str, list[Service]] = defaultdict(list)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for sku in catalogue().by_guid.values():
        for name in catalogue().names[sku.guid]:
            names[sku.display_name].setdefault(name)
        for text in (sku.display_name, sku.string_id, *catalogue().names[sku.guid][1:]):
            found[sku.display_name].append(Service("", text, sku=sku.string_id, vendor="Microsoft"))
    chosen = sorted(name for name in found if part_of("m" + key_of(name)) == part)
    return tuple(Known(tuple(found[name]), tuple(names[name])) for name in chosen)


@lru_cache(maxsize=4)
def others(part: Part) -> tuple[Known, ...]:
    """Services of other vendors, written by hand; a vendor is on one side of the train/test line."""
    out = []
    for row in rows("msp_services"):
        if part_of("v" + row["vendor"]) == part:
            usage = Service("", row["usage_name"], sku=row["usage_sku"], vendor=row["vendor"])
            out.append(Known((usage,), tuple(row["psa_names"].split(";"))))
    return tuple(out)


def _billed(name: str, rng: random.Random) -> str:
    """A product name in an MSP's hand."""
    for long, short in _SHORTER.items():
        if rng.random() < 0.35 and long in name.lower():
            at = name.lower().index(long)
            name = name[:at] + short + name[at + len(long) :]
    if rng.random() < 0.25:
        name = name.replace("Microsoft ", "", 1)
    if rng.random() < 0.1:
        name = name.upper()
    return (name + rng.choice(_REMARKS)).strip()


def _unit(unit: str, rng: random.Random) -> str:
    """The unit as one system writes it: often not at all, sometimes another."""
    return "" if rng.random() < 0.7 else unit if rng.random() < 0.85 else rng.choice(_UNITS)


def service_tenant(part: Part, seed: int, size: int = 60, codes: float = 0.3) -> ServiceTenant:
    """A vendor list against a product list; `codes` is the chance that a SKU is shown by its code only."""
    rng = random.Random(f"services {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    ms, rest = microsoft(part), others(part)
    share = rng.choice((0.3, 0.6, 0.9))
    chosen = rng.sample(ms, min(int(size * share), len(ms))) + rng.sample(rest, min(int(size * (1 - share)), len(rest)))
    left: list[Service] = []
    right: list[Service] = []
    links: set[tuple[str, str]] = set()
    bills = book(rng)
    for number, known in enumerate(chosen):
        used, billed = bills.product(known.usage[0].vendor)
        price = rng.lognormvariate(2.0, 1.0) if rng.random() < 0.5 else None
        unit = rng.choice(_UNITS)
        where = rng.choices(("both", "left", "right"), (0.6, 0.2, 0.2))[0]
        if where != "right":
            shown = rng.choice(known.usage)
            vendor = shown.vendor if rng.random() < 0.8 else ""
            name = shown.sku if rng.random() < codes and shown.vendor == "Microsoft" else shown.name
            left.append(
                Service(
                    f"L{number}",
                    name,
                    sku=shown.sku if rng.random() < 0.5 else "",
                    vendor=vendor,
                    unit=_unit(unit, rng),
                    quantities=used,
                    unit_price=price and price * rng.uniform(0.3, 0.9),
                )
            )
        if where != "left":
            name = _billed(rng.choice(known.billed), rng)
            vendor = known.usage[0].vendor if rng.random() < 0.3 else ""
            told = f"{known.usage[0].vendor} {known.usage[0].name}" if rng.random() < 0.25 else ""
            code = f"{rng.randrange(10**5):05d}"
            asked = price if rng.random() < 0.8 else None
            unit_name = _unit(unit, rng)
            right.append(
                Service(f"R{number}", name, code, vendor, told, unit_name, quantities=billed, unit_price=asked)
            )
        if where == "both":
            links.add((f"L{number}", f"R{number}"))
    rng.shuffle(right)
    return ServiceTenant(f"services {part} {seed}", left, right, frozenset(links))


def titles_tenant(file: str, seed: int, size: int = 150) -> ServiceTenant:
    """Software titles of two shops (Amazon-Google): labelled pairs sampled into two lists."""
    rng = random.Random(f"titles {file} {seed}")  # noqa: S311  a repeatable draw, not a secret
    found = [row for row in rows(file) if row["label"] == "1"]
    lefts: dict[str, Service] = {}
    rights: dict[str, Service] = {}
    texts: set[tuple[str, str]] = set()
    for row in rng.sample(found, min(size, len(found))):
        where = rng.choices(("both", "left", "right"), (0.65, 0.2, 0.15))[0]
        if where != "right":
            lefts.setdefault(row["l_title"], Service(f"L{len(lefts)}", row["l_title"], vendor=row["l_manufacturer"]))
        if where != "left":
            rights.setdefault(row["r_title"], Service(f"R{len(rights)}", row["r_title"], vendor=row["r_manufacturer"]))
    texts = {(row["l_title"], row["r_title"]) for row in rows(file) if row["label"] == "1"}
    links = {(lefts[a].id, rights[b].id) for a, b in texts if a in lefts and b in rights}
    return ServiceTenant(f"titles {file} {seed}", list(lefts.values()), list(rights.values()), frozenset(links))


def alias_cases() -> list[tuple[str, str, str]]:
    """(source, name as others write it, display name): names that are not letter for letter an official one."""
    official = {row["name"].casefold() for row in rows("ms_products")}
    found = {
        (row["source"], row["name"], catalogue().by_string_id[row["sid"].casefold()].display_name)
        for row in rows("ms_sku_aliases")
        if row["sid"].casefold() in catalogue().by_string_id and row["name"].casefold() not in official
    }
    return sorted(found)
