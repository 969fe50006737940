"""Records that belong to no client: the MSP's own tenant, test tenants, placeholders of distributors and vendors.

Decided by the whole name, never by one word in it: "Test Valley Council" and "Demo Lumber" are clients. Whether a hint
stands against a good match is decided in `engine`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matching import domains
from matching.normalise import LONGEST, domain_like, fold, variants
from matching.types import NoClient, Own, Party

# A name of nothing but these words (numbers, fillers and vendors beside them) is a test tenant ...
_TEST = frozenset(
    """
    test tests testing tester demo demos demonstration nfr trial trials sandbox sandboxes poc uat staging dummy eval
    evaluation playground testkunde testmandant demokunde demomandant testfirma testklant testbedrijf essai prueba
    pruebas
    """.split()  # noqa: SIM905  a list of words reads better as text
)
# ... and of nothing but these a placeholder.
_PLACEHOLDER = frozenset(
    """
    default unassigned unallocated unmapped unknown undefined uncategorized uncategorised unspecified internal catchall
    placeholder orphan orphaned orphans misc miscellaneous none null tbd template intern interne interno standaard
    standard nicht zugewiesen niet toegewezen defaut
    """.split()  # noqa: SIM905
)
# "Standard", "none" and their like say nothing beside a real word or alone: only with a filler ("Standard site").
_WEAK = frozenset("standard standaard intern nicht zugewiesen niet toegewezen none null".split())  # noqa: SIM905
_FILLERS = frozenset(
    """
    tenant tenants account accounts site sites location company companies customer customers client clients
    organization organisation organizations org environment env use only device devices user users agent agents
    license licenses licence licences for the of and a an my all new not assigned portal partner reseller msp vendor
    subscription purposes purpose resale kit catch n folder root staff par standort mandant kunde klant
    """.split()  # noqa: SIM905
)
_VENDORS = frozenset(
    """
    pax8 ingram micro td synnex sherweb appriver crayon giacom rhipe intcomex microsoft m365 o365 office 365 azure
    google workspace datto kaseya connectwise ninjaone ninjarmm huntress sentinelone sophos acronis veeam cove nable
    bitdefender webroot opentext proofpoint mimecast duo knowbe4 threatlocker dropsuite autotask halopsa itglue hudu
    syncro atera rmm avanan barracuda ironscales keeper domotz auvik liongard blackpoint todyl druva eset
    malwarebytes crowdstrike exclaimer
    """.split()  # noqa: SIM905
)
_EMPTY_PHRASES = frozenset(
    {
        "catch all", "my company", "my organization", "my organisation", "my site", "new company", "new site",
        "no company", "no client", "no customer", "no site", "not assigned", "nicht zugewiesen", "niet toegewezen",
        "non attribue", "n a", "company name", "deleted devices", "deleted users", "deleted sites", "deleted", "stock",
        "stock devices", "in stock", "pool", "device pool", "spare pool", "spare devices", "license pool",
        "licence pool",
    }
)  # fmt: skip
_TEST_PHRASES = frozenset({
    "sample company", "sample customer", "sample client", "sample account", "example company",
    # Microsoft's companies of its documents and demonstrations, where nothing else is said.
    "contoso", "fabrikam",
})  # fmt: skip
# Names without one of these words need no second look.
_TRIGGERS = _TEST | _PLACEHOLDER | {phrase.split()[0] for phrase in _EMPTY_PHRASES | _TEST_PHRASES} | {"resale"}
_MARKS = str.maketrans(dict.fromkeys("()[]{}|-/\\_:.,;*#!'\"&+", " "))
_NOT_FOR_RESALE = re.compile(r"\bnfr\b|\bnot[ -]for[ -]resale\b")
_MARKED = re.compile(
    r"\b(?:test|demo|trial|sandbox|staging|uat|poc)[ _-]+"
    r"(?:tenant|account|environment|env|site|instance|subscription)\b$"
)
_DEMO_DOMAIN = re.compile(r"(?:^|[.@])m365x\w*\d")  # Microsoft's demonstration tenants
_PIECES = re.compile(r"[()\[\]{}|]|\s+[-–—/]+\s+|:\s|[-–—]\s|\s[-–—]|_")
_WORDS = re.compile(r"[^\W_]+")
MOST = 0.5  # share of a record's people at one of the MSP's own domains from which the record is the MSP's own
LEAST_PEOPLE = 3


def _kind_of_words(words: list[str]) -> NoClient:
    known = [w for w in words if not w.isdigit()]
    if not known or not all(w in _TEST or w in _PLACEHOLDER or w in _FILLERS or w in _VENDORS for w in known):
        return ""
    if any(w in _TEST for w in known):
        return "test"
    telling = [w for w in known if w in _PLACEHOLDER]
    if any(w not in _WEAK for w in telling) or (telling and len(known) > len(telling)):
        return "placeholder"
    return ""


def kind_of_name(name: str) -> NoClient:
    """What a name says of itself: a test tenant, a placeholder, or nothing of that kind."""
    folded = fold(name[:LONGEST])
    words = _WORDS.findall(folded)
    whole = " ".join(words)
    if whole in _EMPTY_PHRASES or whole in _TEST_PHRASES:
        return "test" if whole in _TEST_PHRASES else "placeholder"
    said = _kind_of_words(words)
    if said:
        return said
    if _NOT_FOR_RESALE.search(folded.replace("_", " ")) or _MARKED.search(folded) or _DEMO_DOMAIN.search(folded):
        return "test"
    pieces = [_WORDS.findall(piece) for piece in _PIECES.split(folded)]
    return "test" if any(_kind_of_words(piece) == "test" for piece in pieces if piece) else ""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The MSP's own names and domains in the form they are compared in."""

    names: frozenset[str]  # without spaces: tenants are called `BrightwaterIT` and `brightwaterit.onmicrosoft.com`
    domains: frozenset[str]


def own_keys(own: Own) -> OwnKeys:
    """`own` normalised; names without a word and free-mail domains fall out."""
    names = {variant.core.replace(" ", "") for name in own.names for variant in variants(name)[:1]}
    found = {domain for text in own.domains for domain in domains.own_domains(text if "." in text else "", ())}
    return OwnKeys(frozenset(names), frozenset(found))


def _own_beside_filler(name: str, own: OwnKeys) -> bool:
    """Whether one piece of a name is the MSP's own and the rest says nothing: `Brightwater IT - Internal`."""
    pieces = [" ".join(_WORDS.findall(piece)) for piece in _PIECES.split(fold(name[:LONGEST]))]
    rest = [piece for piece in pieces if piece and piece.replace(" ", "") not in own.names]
    if len(rest) == len([piece for piece in pieces if piece]):
        return False
    return all(w.isdigit() or w in _TEST or w in _PLACEHOLDER or w in _FILLERS for text in rest for w in text.split())


def _is_own(party: Party, own: OwnKeys) -> bool:
    if own.names:
        first = [variant.core for text in (party.name, *party.aliases) for variant in variants(text)[:1]]
        if any(core.replace(" ", "") in own.names for core in first) or _own_beside_filler(party.name, own):
            return True
    if not own.domains:
        return False
    # Mail addresses alone say little: a technician of the MSP is the contact of many a client's account.
    if set(domains.own_domains(f"{party.domain};{domain_like(party.name)}", ())) & own.domains:
        return True
    at = [domains.registrable(domains.host(person)) for person in party.people if "@" in person]
    return len(at) >= LEAST_PEOPLE and sum(d in own.domains for d in at) > MOST * len(at)


def no_client(parties: Sequence[Party], own: Own = Own()) -> list[NoClient]:  # noqa: B008  frozen and empty
    """What each record looks like: the MSP's `own`, a `test` tenant, a `placeholder`, or nothing."""
    keys = own_keys(own)
    known = bool(keys.names or keys.domains)
    # One pass over all names at once; only the few that hold a telling word are read closely.
    text = "\n".join(party.name[:LONGEST].replace("\n", " ") for party in parties).lower().translate(_MARKS)
    out: list[NoClient] = []
    for party, line in zip(parties, text.split("\n"), strict=True) if parties else ():
        if known and _is_own(party, keys):
            out.append("own")
        elif not line.isascii() or "m365x" in line or not _TRIGGERS.isdisjoint(line.split()):
            out.append(kind_of_name(party.name))
        else:
            out.append("test" if party.domain and _DEMO_DOMAIN.search(party.domain.lower()) else "")
    return out
