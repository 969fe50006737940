"""How the vendors' portals name a client: as somebody once typed it, hardly ever as the PSA has it."""

from __future__ import annotations

import re
from random import Random

from connectors.sandbox.estate.names import ascii_text
from connectors.sandbox.estate.world import Client, Site

_ABBREVIATIONS = {
    "Associates": "Assoc",
    "Services": "Svcs",
    "International": "Intl",
    "Management": "Mgmt",
    "Engineering": "Eng",
    "Manufacturing": "Mfg",
    "Company": "Co",
    "Group": "Grp",
    "Brothers": "Bros",
    "Construction": "Constr.",
    "Veterinary": "Vet",
    "Medical": "Med",
    "Financial": "Fin",
    "Property": "Prop",
    "Solutions": "Sol",
    "National": "Natl",
}

_KINDS = (
    ("exact", 30),
    ("bare", 27),
    ("abbreviated", 10),
    ("plain", 7),
    ("domain", 6),
    ("upper", 5),
    ("short", 5),
    ("typo", 4),
    ("swapped", 3),
    ("acronym", 3),
)


def vendor_name(rng: Random, client: Client, site: Site | None = None) -> str:
    """A name for the client in some portal. A renamed client keeps the old name in about half of them."""
    if client.former_name and rng.random() < 0.5:
        base = client.former_name
    else:
        kind = rng.choices([name for name, _ in _KINDS], [weight for _, weight in _KINDS])[0]
        base = _variant(rng, client, kind)
    if site is None:
        return base
    return f"{base} {rng.choice(('-', '–', '/', '-'))} {site.name if site.name != 'Head office' else site.city}"


def _variant(rng: Random, client: Client, kind: str) -> str:
    core = client.core
    if kind == "exact":
        return client.name
    if kind == "abbreviated":
        short = " ".join(_ABBREVIATIONS.get(word, word) for word in core.split())
        return short if short != core else core.replace(" & ", " and ")
    if kind == "plain":
        return re.sub(r"[^\w\s&'-]", "", ascii_text(core))
    if kind == "domain":
        return client.domain
    if kind == "upper":
        return client.name.upper()
    if kind == "short":
        parts = re.sub(r"[,()]", "", core).split()
        return " ".join(parts[:2]) if len(parts) > 2 and parts[1] not in ("&", "of") else core
    if kind == "typo":
        return _typo(rng, core)
    if kind == "swapped":
        parts = core.split(" & ", 1)
        return f"{parts[1].split()[0]} & {parts[0]}" if len(parts) == 2 else ", ".join(reversed(core.split(" ", 1)))
    if kind == "acronym":
        initials = "".join(word[0] for word in re.findall(r"\w+", core) if word[0].isalpha()).upper()
        return initials if len(initials) > 2 else core
    return core


def _typo(rng: Random, text: str) -> str:
    """Two neighbours swapped, one letter dropped or one doubled, inside the first word."""
    spot = rng.randint(1, max(1, len(text.split()[0]) - 2))
    how = rng.randrange(3)
    if how == 0:
        return text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :] if spot + 1 < len(text) else text + "s"
    if how == 1:
        return text[:spot] + text[spot + 1 :]
    return text[:spot] + text[spot] + text[spot:]
