"""Which vendor's product a name, a label or a code speaks of, by the shipped catalogue of vendors' names.

Resellers sell others' products, so they are never a product's vendor; a platform (Microsoft 365) is one only where no
tool is named beside it ("Acronis M365 backup" is Acronis's).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from matching.corpora import rows
from matching.normalise import fold

_SIGNS = re.compile(r"[^a-z0-9+]+|_")
LEAST_PREFIX = 3  # shorter beginnings of a code say nothing


class Vendors(NamedTuple):
    """The catalogue: phrase -> vendor, code -> vendor, and the vendors of each special role."""

    by_phrase: dict[str, str]
    by_code: dict[str, str]
    resellers: frozenset[str]
    platforms: frozenset[str]


def _spaced(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", fold(text)).split())


@lru_cache(maxsize=1)
def vendors() -> Vendors:
    """The shipped catalogue, read once."""
    table = rows("vendor_names")
    by_phrase = {_spaced(name): row["vendor"] for row in table for name in (row["vendor"], *row["names"].split(";"))}
    by_code = {code.casefold(): row["vendor"] for row in table for code in row["codes"].split(";") if code}
    of_role = {
        role: frozenset(row["vendor"] for row in table if row["role"] == role) for role in ("reseller", "platform")
    }
    return Vendors(by_phrase, by_code, of_role["reseller"], of_role["platform"])


def _in_words(words: list[str], labels: frozenset[str]) -> set[str]:
    """Vendors that a text names, each word given to the longest phrase that holds it."""
    known = vendors().by_phrase
    found: set[str] = set()
    at = 0
    while at < len(words):
        for length in range(min(4, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            if phrase in known or phrase in labels:
                found.add(known.get(phrase, phrase))
                at += length
                break
        else:
            at += 1
    return found


def platforms() -> frozenset[str]:
    """Vendors whose names others' products carry: Microsoft."""
    return vendors().platforms


@lru_cache(maxsize=50_000)
def vendors_of(text: str, code: str = "", labels: frozenset[str] = frozenset()) -> frozenset[str]:
    """The vendors whose product a name with this code is; none where neither says it.

    `labels` are the spaced labels of integrations that the catalogue may not know.
    """
    table = vendors()
    found = _in_words(_spaced(text).split(), labels)
    head = _spaced(code).partition(" ")[0]
    if not found and head in table.by_code:
        found = {table.by_code[head]}
    elif not found and len(head) >= LEAST_PREFIX:
        found = {label for label in labels if label.replace(" ", "").startswith(head)}
        found = {table.by_phrase.get(label, label) for label in found}
    found -= table.resellers
    tools = found - table.platforms
    return frozenset(tools or found)


def vendor_of_label(label: str) -> frozenset[str]:
    """The vendor that an integration's label means: the catalogue's name for it, else the label; a reseller is none."""
    spaced = _spaced(label)
    if not spaced:
        return frozenset()
    table = vendors()
    found = (
        {table.by_phrase[spaced]} if spaced in table.by_phrase else _in_words(spaced.split(), frozenset()) or {spaced}
    )
    return frozenset(found - table.resellers)


def label_phrases(labels: frozenset[str]) -> frozenset[str]:
    """Labels as `vendors_of` takes them."""
    return frozenset(_spaced(label) for label in labels if _spaced(label))


def is_known(label: str) -> bool:
    """Whether an integration's label, or part of it, is a name that the catalogue knows."""
    return bool(_in_words(_spaced(label).split(), frozenset()))
