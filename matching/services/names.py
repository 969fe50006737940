"""Product names as vendors, distributors and MSPs write them, as comparable words and separate attributes."""

import re
from typing import NamedTuple

from matching.normalise import LONGEST, fold
from matching.services.vocabulary import (
    AUDIENCES,
    DEVICES,
    EDITIONS,
    FAMILIES,
    FILLERS,
    KINDS,
    RENAMED,
    SHORT,
    TIERS,
    UNITS,
    WHOLE,
)

# Distributor and price-list remarks that name a term, a billing rhythm or a programme, not the product. Spaces are
# single where these are used, and no repetition can start inside another, so that time grows with the length only.
_COUNTED_BY = "user|seat|device|endpoint|agent|licen[cs]e|mailbox|month|mo|year|workstation|server"
_REMARKS = re.compile(
    r"[\[(] ?(?:new commerce(?: experience)?|legacy(?: csp)?|csp|commercial|com|yearly|each|ea|\d{1,9} ?seats?|"
    r"(?:\d{1,9} ?)?(?:year|yr|month|mth)s?(?:ly)?(?: ?(?:term|commit(?:ment)?|plan))?|"
    r"(?:nce\b|p\d[ym]\b|annual|monthly|qty|billed|per (?:user|seat|device|endpoint|agent|licen[cs]e))"
    r"[^()\[\]]*+) ?[)\]]|"
    r"\bnew commerce(?: experience)?\b|\bnce\b|\bcsp\b|\bp[1-3][ymd]\b|"
    r"(?:, ?| - | )"
    r"(?:(?:1|3|one|three)[ -]{0,3}(?:year|yr)s?|annual(?:ly)?|yearly|monthly|month-to-month|mth|mtm|p/m|pm)"
    r"(?: ?(?:term|commit(?:ment)?|subscription|plan|billing|billed|paid|prepaid))*+\b(?! ?\w)|"
    rf" ?(?:- ?)?(?:/|\bper\b) ?(?:(?:{_COUNTED_BY})\b ?/? ?)++$"
)
_PER_DEVICE = re.compile(r"(?:/|\bper\b) ?(mailbox|workstation|server)\b")
_TERMS = (
    ("annual", re.compile(r"\bannual|\byearly|\bp1y\b|\b(?:1|one)[\s-]*(?:year|yr)\b|\bann\b")),
    ("triennial", re.compile(r"\bp3y\b|\b(?:3|three)[\s-]*(?:year|yr)\b|\btriennial")),
    ("monthly", re.compile(r"\bmonthly|\bp1m\b|\bmonth-to-month|\bmth\b|\bmtm\b")),
)
_PLAN = re.compile(r"[(\[]?\bplan\s+([a-z]?\d)\b[)\]]?")
_NO_TEAMS = re.compile(r"\(?\b(?:no|without|w/o)\s+teams\b\)?")
_JOINED = (
    (
        re.compile(r"\b(m|ms|o|d|w)365\b"),
        {"m": "microsoft 365", "ms": "microsoft 365", "o": "office 365", "d": "dynamics 365", "w": "windows 365"},
    ),
)
_WORD = re.compile(r"[^\W_]+(?:\+)?")
_SIZE = re.compile(r"\b(\d+)\s*(gb|tb|mb|vcpu|u|users?|min(?:utes?|s)?)\b")
# What a plan includes anyway, and words that narrow nothing.
_WITH = re.compile(r"\(?\bwith audio conferencing\)?")
_CLOUD_PC = re.compile(r"\bcloud pcs?\b")  # what Windows 365 is, not a kind of device
_ONLY = re.compile(r"\bonly\b")
_COUNTED = re.compile(r"\b(\d+)\s*(?:x|×)\s*([a-z][\w ]*)|\b\d+\s*seats?\s*:")


class ServiceName(NamedTuple):
    """A product name as compared: words, and what must not be confused, kept apart from them."""

    core: str
    tokens: tuple[str, ...]
    tiers: frozenset[str]
    editions: frozenset[str]
    devices: frozenset[str]
    audiences: frozenset[str]
    kinds: frozenset[str]
    sizes: frozenset[str]
    terms: frozenset[str]
    said: frozenset[str]  # the words as they stand, no plan read into them


def terms_of(folded: str) -> frozenset[str]:
    """Commitment or billing terms that a name mentions."""
    return frozenset(term for term, pattern in _TERMS if pattern.search(folded))


def strip_remarks(folded: str) -> str:
    """A folded product name without distributor remarks: `... (nce com mth)`, `[new commerce experience]`, `p1y`."""
    folded = " ".join(folded[:LONGEST].split())
    before = None
    while before != folded:
        before = folded
        folded = " ".join(_REMARKS.sub(" ", folded).strip(" -,;:/|").split())
    return folded


def words(folded: str) -> list[str]:
    """Expanded, renamed words of a folded product name, remarks gone, a plan that usage takes for granted put in."""
    return _whole(_words(folded))


def _words(folded: str) -> list[str]:
    text = strip_remarks(folded) or folded
    for pattern, full in _JOINED:
        text = pattern.sub(lambda match, full=full: full[match.group(1)], text)  # type: ignore[misc]
    text = _CLOUD_PC.sub(" cloudpc ", text)
    text = _ONLY.sub(" ", _WITH.sub(" ", _NO_TEAMS.sub(" noteams ", text)))
    text = _PLAN.sub(lambda match: f" {match.group(1) if match.group(1)[0].isalpha() else 'p' + match.group(1)} ", text)
    text = text.replace("_usgov_gcchigh", " gcchigh").replace("_usgov_dod", " dod").replace("_", " ")
    text = _SIZE.sub(lambda match: f" {match.group(1)}{SHORT.get(match.group(2), match.group(2))} ", text)
    tokens = [part for word in _WORD.findall(text) for part in SHORT.get(word, word).split()]
    text = f" {' '.join(tokens)} "
    for old, new in RENAMED:
        if f" {old} " in text:
            text = text.replace(f" {old} ", f" {new} ")
    return text.split()


def _whole(tokens: list[str]) -> list[str]:
    """A name that means one product where it stands alone, as that product."""
    bare = " ".join(token for token in tokens if token not in ("microsoft", "plan"))
    return WHOLE[bare].split() if bare in WHOLE else tokens


def is_bundle(text: str) -> bool:
    """Whether a line adds up several products: `(13 seats: 8x Business Standard, 4x ...)`."""
    found = _COUNTED.findall(fold(text))
    return len(found) > 1


def is_lump(name: ServiceName) -> bool:
    """Whether a line names a family of products and none of them: `M365 Subscription`."""
    return name.core in FAMILIES


def devices_of_code(code: str) -> frozenset[str]:
    """The kind of device in a product code: `NINJA-WS`, `DRMM-SRV`."""
    parts = _WORD.findall(fold(code).replace("_", " "))
    return frozenset({"ws": "workstation"}.get(part) or SHORT.get(part, part) for part in parts) & DEVICES


def units_of(text: str) -> frozenset[str]:
    """What a name or a unit says is counted: user, device, mailbox, workload, site, storage."""
    return frozenset(UNITS[word] for word in _WORD.findall(fold(text)) if word in UNITS)


def key_of(text: str) -> str:
    """What two spellings of the same product have in common: its words without maker and fillers, joined."""
    return "".join(
        word for word in words(fold(text)) if word not in ("microsoft", "for", "the", "and", "licence", "online")
    )


def read(text: str) -> ServiceName:
    """A product name taken apart."""
    folded = " ".join(fold(text[:LONGEST]).split())
    said = _words(folded)
    tokens = _whole(said)
    found = {*tokens, *_PER_DEVICE.findall(folded)}
    kept = tuple(token for token in tokens if token not in FILLERS) or tuple(tokens)
    return ServiceName(
        core=" ".join(kept),
        tokens=kept,
        tiers=frozenset(token for token in found if TIERS.match(token)),
        editions=frozenset(found & EDITIONS),
        devices=frozenset(found & DEVICES),
        audiences=frozenset(found & AUDIENCES) | ({"noteams"} & found),
        kinds=frozenset(found & KINDS),
        sizes=frozenset(token for token in found if re.match(r"^\d+(?:gb|tb|mb|vcpu|u)$", token)),
        terms=terms_of(folded),
        said=frozenset(said),
    )
