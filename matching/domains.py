"""Web and mail domains: which belong to an organisation, and what their label says. No network look-up."""

import re

from matching.words import FREE_MAIL

# Second-level names that are registries, not organisations ("acme.co.uk" -> "acme").
_SECOND_LEVEL = frozenset(
    [
        "co",
        "com",
        "org",
        "net",
        "gov",
        "ac",
        "edu",
        "ne",
        "or",
        "go",
        "govt",
        "gob",
        "gouv",
        "nhs",
        "police",
        "sch",
        "school",
        "k12",
        "lg",
        "asn",
        "id",
        "plc",
        "ltd",
    ]
)
# Hosts that name a service, not a part of the organisation; endings of countries that anybody uses.
_SERVICES = frozenset(
    "www mail webmail portal web student students stu alumni my en int remote smtp mx owa autodiscover link s m".split()  # noqa: SIM905
)
_BORROWED = frozenset("ac ag ai am cc co fm gg gl im io is la ly me ms nu pw sc sh st to tv vc ws".split())  # noqa: SIM905
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?([^/:?#\s]+)")
_SHARED_HOSTS = (".onmicrosoft.com", ".sharepoint.com", ".mail.onmicrosoft.com", ".local", ".lan", ".internal")


def host(text: str) -> str:
    """The bare host of a URL, mail address or domain, lower case, without `www.`; empty when there is none."""
    match = _HOST.match(text.strip().lower())
    if match is None:
        return ""
    found = match.group(1).rstrip(".").removeprefix("www.")
    return found if "." in found else ""


def registrable(domain: str) -> str:
    """The part of a domain that somebody registered: `mail.acme.co.uk` -> `acme.co.uk`."""
    labels = domain.split(".")
    for shared in _SHARED_HOSTS:
        if domain.endswith(shared):
            return domain
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def label(domain: str) -> str:
    """The naming label of a domain with its marks gone: `acme-dental.co.uk` -> `acmedental`."""
    return registrable(domain).split(".")[0].replace("-", "").replace("_", "")


def sub_label(domain: str) -> str:
    """What stands before the registered part of a host: `vancouver.wsu.edu` -> `vancouver`; service names fall out."""
    before = domain[: -len(registrable(domain))].rstrip(".").split(".")
    return "".join(part for part in before if part not in _SERVICES).replace("-", "").replace("_", "")


def country_of(domain: str) -> str:
    """The country of a host by its last label, as the field says it (`gb`); empty for open and borrowed endings."""
    labels = domain.split(".")
    last = labels[-1]
    if len(last) != 2 or (last in _BORROWED and not (len(labels) > 2 and labels[-2] in _SECOND_LEVEL)):
        return ""
    return "gb" if last == "uk" else last


def own_domains(domain: str, emails: tuple[str, ...]) -> tuple[str, ...]:
    """Registrable domains of a record, web first then mail, free-mail providers left out, in order, once each."""
    found: dict[str, None] = {}
    for text in (*re.split(r"[;,\s]+", domain), *emails):
        name = host(text) if text else ""
        if name:
            name = registrable(name)
            if name not in FREE_MAIL:
                found.setdefault(name)
    return tuple(found)


def is_initial(domain: str) -> bool:
    """Whether the domain is a tenant's first name at a shared host: fixed at sign-up, so weaker than an own domain."""
    return domain.endswith(_SHARED_HOSTS)
