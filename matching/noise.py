"""Spelling noise: a name as another system might hold it. For training, benches and tests; not used when matching."""

import random
import string
from collections.abc import Callable

from matching.normalise import variant_of


def noisy(name: str, rng: random.Random) -> str:
    """A name as another system might hold it: typing slips, dropped or other legal form, abbreviations, marks."""
    words = name.split()
    for edit in rng.sample(_EDITS, rng.choice((0, 1, 1, 2, 2, 3))):
        words = edit(words, rng) or words
    return " ".join(words)


def _slip(words: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(words))
    word = words[at]
    if len(word) < 4:
        return words
    spot = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    letter = rng.choice(string.ascii_lowercase)
    word = (
        word[:spot] + word[spot + 1 :],
        word[:spot] + letter + word[spot:],
        word[:spot] + letter + word[spot + 1 :],
        word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :],
    )[kind]
    return [*words[:at], word, *words[at + 1 :]]


def _drop_legal(words: list[str], rng: random.Random) -> list[str]:
    variant = variant_of(" ".join(words).lower())
    return (
        words[:-1]
        if variant and variant.legal and len(words) > 1
        else [*words, rng.choice(("Inc", "LLC", "Ltd", "Co."))]
    )


def _shorten(words: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(words))
    short = {v.lower(): k for k, v in _SHORT.items()}.get(words[at].lower().strip(".,"))
    return [*words[:at], short, *words[at + 1 :]] if short else words


def _drop_word(words: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(1, len(words)) if len(words) > 2 else -1
    return words if at < 0 else [*words[:at], *words[at + 1 :]]


def _case(words: list[str], rng: random.Random) -> list[str]:
    change: Callable[[str], str] = rng.choice((str.upper, str.lower, str.title))
    return [change(word) for word in words]


def _marks(words: list[str], _: random.Random) -> list[str]:
    return [word.replace("&", "and").replace(",", "").replace(".", "").replace("-", " ") or word for word in words]


def _mark_old(words: list[str], rng: random.Random) -> list[str]:
    return rng.choice(([*words, "(inactive)"], ["OLD", "-", *words], ["zz_" + words[0], *words[1:]], ["The", *words]))


def _site(words: list[str], rng: random.Random) -> list[str]:
    return [*words, "-", rng.choice(("Main", "HQ", "Downtown", "North", "Office", "West Side", "Remote", "Corporate"))]


_EDITS: list[Callable[[list[str], random.Random], list[str]]] = [
    _slip, _slip, _drop_legal, _drop_legal, _shorten, _drop_word, _case, _marks, _mark_old, _site,
]  # fmt: skip
_SHORT = {
    "intl": "international", "assoc": "associates", "svcs": "services", "mgmt": "management", "univ": "university",
    "dept": "department", "ctr": "center", "grp": "group", "mfg": "manufacturing", "natl": "national", "&": "and",
}  # fmt: skip
