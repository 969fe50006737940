"""Product names as vendors, distributors and MSPs write them, brought to comparable words and separate attributes."""

import re
from typing import NamedTuple

from matching.normalise import fold

# Distributor and price-list remarks that name a term, a billing rhythm or a programme, not the product.
_REMARKS = re.compile(
    r"[\[(]\s*(?:new commerce(?: experience)?|nce\b[^)\]]*|legacy(?: csp)?|csp|commercial|com|p\d[ym]\b[^)\]]*|"
    r"(?:\d+\s*)?(?:year|yr|month|mth)s?(?:ly)?(?:\s*(?:term|commit(?:ment)?|plan))?|annual(?:ly)?|monthly|yearly|"
    r"(?:annual|monthly)[^)\]]*|per (?:user|seat|device|endpoint|agent|licen[cs]e)[^)\]]*|each|ea|qty[^)\]]*|"
    r"\d+\s*seats?|billed[^)\]]*)\s*[)\]]|"
    r"\bnew commerce(?: experience)?\b|\bnce\b|\bcsp\b|\bp[1-3][ymd]\b|"
    r"(?:,\s*|\s+-\s+|\s+)(?:(?:1|3|one|three)[\s-]*(?:year|yr)s?|annual(?:ly)?|yearly|monthly|month-to-month|mth|mtm|p/m|pm)"
    r"(?:\s*(?:term|commit(?:ment)?|subscription|plan|billing|billed|paid|prepaid))*\b(?!\s*\w)|"
    r"\s*(?:-\s*)?(?:/|\bper\b)\s*(?:(?:user|seat|device|endpoint|agent|licen[cs]e|mailbox|month|mo|year|workstation|server)\b\s*/?\s*)+$"
)
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
_SIZE = re.compile(r"\b(\d+)\s*(gb|tb|mb|vcpu|u|users?)\b")

# Words as people shorten them, and names that Microsoft has since changed; longest phrase first.
_SHORT: dict[str, str] = {
    "bus": "business", "biz": "business", "std": "standard", "stnd": "standard", "stand": "standard", "prem": "premium",
    "ent": "enterprise", "entp": "enterprise", "exch": "exchange", "ess": "essentials", "essential": "essentials",
    "adv": "advanced", "pro": "professional", "prof": "professional", "mgmt": "management", "mgd": "managed",
    "wks": "workstation", "wkstn": "workstation", "desktop": "workstation", "pc": "workstation", "pcs": "workstation",
    "workstations": "workstation", "servers": "server", "srv": "server", "svr": "server", "bkp": "backup",
    "backups": "backup", "sec": "security", "av": "antivirus", "lic": "licence", "license": "licence",
    "licenses": "licence", "licences": "licence", "sub": "subscription", "subs": "subscription", "addon": "addon",
    "s1": "sentinelone", "edu": "education", "gov": "government", "govt": "government", "conf": "conferencing",
    "mtg": "meeting", "powerapps": "power apps", "powerbi": "power bi", "sharept": "sharepoint", "sp": "sharepoint",
    "od4b": "onedrive business", "onedrive4b": "onedrive business", "aad": "entra id", "azuread": "entra id",
    "ems": "enterprise mobility security", "atp": "defender", "mdo": "defender for office 365",
    "mde": "defender for endpoint",
    "gws": "google workspace", "gsuite": "google workspace", "macos": "mac", "macs": "mac", "vms": "vm",
    "devices": "device", "users": "user", "endpoints": "endpoint", "mailboxes": "mailbox", "storage": "storage",
    "sat": "security awareness training", "mfa": "mfa", "wo": "without", "w": "with", "plus": "plus",
}  # fmt: skip
_RENAMED: tuple[tuple[str, str], ...] = (
    ("azure active directory premium", "entra id"),
    ("azure active directory", "entra id"),
    ("azure ad premium", "entra id"),
    ("azure ad", "entra id"),
    ("entra id premium", "entra id"),
    ("office 365 advanced threat protection", "defender for office 365"),
    ("advanced threat protection", "defender"),
    ("office 365 proplus", "365 apps for enterprise"),
    ("365 proplus", "365 apps for enterprise"),
    ("office 365 threat intelligence", "defender for office 365 p2"),
    ("microsoft flow", "power automate"),
    ("365 copilot", "copilot for microsoft 365"),
    ("flow plan", "power automate plan"),
    ("power virtual agents", "copilot studio"),
    ("power virtual agent", "copilot studio"),
    ("cloud app security", "defender for cloud apps"),
    ("phone system", "teams phone standard"),
    ("365 phone system", "teams phone standard"),
    ("windows 10 enterprise", "windows 10 11 enterprise"),
    ("office 365 business essentials", "365 business basic"),
    ("365 business essentials", "365 business basic"),
    ("office 365 business premium", "365 business standard"),
    ("enterprise mobility and security", "enterprise mobility security"),
    ("enterprise mobility suite", "enterprise mobility security e3"),
    ("office 365 enterprise", "office 365"),
    ("office 365 k1", "office 365 f3"),
    ("office proplus", "365 apps for enterprise"),
    ("pstn conferencing", "365 audio conferencing"),
    ("skype for business cloud pbx", "teams phone standard"),
    ("exchange online advanced threat protection", "defender for office 365 p1"),
    ("one drive", "onedrive"),
    ("add on", "addon"),
    ("virtual machine", "vm"),
    ("anti virus", "antivirus"),
)
_FILLERS = frozenset(
    [
        "microsoft",
        "ms",
        "for",
        "the",
        "of",
        "and",
        "a",
        "an",
        "licence",
        "subscription",
        "online",
        "per",
        "user",
        "seat",
        "device",
        "endpoint",
        "agent",
        "monthly",
        "month",
        "annual",
        "service",
        "services",
        "fee",
        "managed",
        "hosted",
        "cloud",
        "usage",
        "plan",
        "edition",
    ]
)

TIERS = re.compile(r"^(?:[efagpk]\d|m\d(?:ra)?|x\d|t\d|\d)$")
EDITIONS = frozenset(
    [
        "basic",
        "standard",
        "premium",
        "business",
        "enterprise",
        "essentials",
        "advanced",
        "professional",
        "complete",
        "core",
        "control",
        "starter",
        "plus",
        "beginner",
        "kiosk",
        "elite",
        "entry",
        "advantage",
        "premier",
        "silver",
        "gold",
        "platinum",
        "diamond",
        "foundation",
        "frontline",
        "ultimate",
        "lite",
        "free",
        "express",
        "team",
        "teams",
        "unattended",
        "total",
        "performance",
        "go",
        "single",
        "all",
        "developer",
        "viewer",
    ]
)
DEVICES = frozenset(["server", "workstation", "mac", "vm", "mobile", "network", "mailbox", "sql"])
AUDIENCES = frozenset(
    [
        "government",
        "gcc",
        "gcchigh",
        "dod",
        "faculty",
        "student",
        "students",
        "education",
        "nonprofit",
        "donation",
        "charity",
        "usgov",
        "trial",
        "preview",
        "viral",
        "eea",
        "cn",
        "device",
        "home",
    ]
)
KINDS = frozenset(
    [
        "addon",
        "attach",
        "backup",
        "archiving",
        "capacity",
        "storage",
        "training",
        "calling",
        "voice",
        "conferencing",
        "sms",
    ]
)


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


def terms_of(folded: str) -> frozenset[str]:
    """Commitment or billing terms that a name mentions."""
    return frozenset(term for term, pattern in _TERMS if pattern.search(folded))


def strip_remarks(folded: str) -> str:
    """A folded product name without distributor remarks: `... (nce com mth)`, `[new commerce experience]`, `p1y`."""
    before = None
    while before != folded:
        before = folded
        folded = _REMARKS.sub(" ", folded).strip(" -,;:/|")
    return folded


def words(folded: str) -> list[str]:
    """Expanded, renamed words of a folded product name, remarks gone."""
    text = strip_remarks(folded) or folded
    for pattern, full in _JOINED:
        text = pattern.sub(lambda match, full=full: full[match.group(1)], text)  # type: ignore[misc]
    text = _NO_TEAMS.sub(" noteams ", text)
    text = _PLAN.sub(lambda match: f" {match.group(1) if match.group(1)[0].isalpha() else 'p' + match.group(1)} ", text)
    text = text.replace("_usgov_gcchigh", " gcchigh").replace("_usgov_dod", " dod").replace("_", " ")
    text = _SIZE.sub(r" \1\2 ", text)
    tokens = [part for word in _WORD.findall(text) for part in _SHORT.get(word, word).split()]
    text = f" {' '.join(tokens)} "
    for old, new in _RENAMED:
        if f" {old} " in text:
            text = text.replace(f" {old} ", f" {new} ")
    return text.split()


def key_of(text: str) -> str:
    """What two spellings of the same product have in common: its words without maker and fillers, joined."""
    return "".join(
        word for word in words(fold(text)) if word not in ("microsoft", "for", "the", "and", "licence", "online")
    )


def read(text: str) -> ServiceName:
    """A product name taken apart."""
    folded = fold(text)
    tokens = words(folded)
    found = set(tokens)
    kept = tuple(token for token in tokens if token not in _FILLERS) or tuple(tokens)
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
    )
