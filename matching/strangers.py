"""Labelled lists in which many records have a near twin that is somebody else. For training and measuring only.

What makes twins is made up: a word replaced, the same name in another town, another firm of the same owner. Nothing is
taken from the frozen cases.
"""

import random
from collections import Counter
from dataclasses import replace
from functools import lru_cache

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from sparse_dot_topn import sp_matmul_topn

from matching.background import background
from matching.block import name_space
from matching.facts import Evidence, know, made_domain
from matching.lexicon import REAL_WORDS, TRADES
from matching.noise import noisy
from matching.normalise import Variant, variant_of
from matching.simulate import LINKED, Part, Tenant, all_names, bodies
from matching.types import Party
from matching.words import LEGAL_LAST_WORDS, SMALL_WORDS

LEFT_ONLY = 0.25
OF_THE_LEFT_ONLY, OF_THE_LINKED = (0.7, 0.2)  # chance that an entity has a stranger beside it on the right
SHORTENED = 0.12  # chance that a linked record goes by its initials
OWNED = 0.25  # chance that a stranger is another firm of the same owner


@lru_cache(maxsize=2)
def _words(part: Part) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, tuple[str, ...]]]:
    """First and last words of the names of a part, and the real words that are spelled much as each real word."""
    firsts, lasts, seen = [], [], Counter[str]()
    for name, _ in all_names(part):
        words = [word.strip(",.()") for word in name.split()]
        words = words[: _telling(words)]
        if len(words) > 1 and all(word.isalpha() and len(word) > 3 for word in (words[0], words[-1])):
            firsts.append(words[0])
            lasts.append(words[-1])
        seen.update({word.lower() for word in words if word.isalpha() and len(word) > 2})
    real = sorted({word for word, count in seen.items() if count > 2} | {word for word in REAL_WORDS if len(word) > 3})
    distance = process.cdist(real, real, scorer=Levenshtein.distance, score_cutoff=2, dtype=np.uint8)
    near = {}
    for at, word in enumerate(real):
        found = np.flatnonzero((distance[at] > 0) & (distance[at] <= (1 if len(word) < 6 else 2)))
        kept = tuple(real[k] for k in found.tolist() if {real[k], word} != {word, word + "s"} and real[k] + "s" != word)
        if kept:
            near[word] = kept
    # Half of the tails say what a firm does: names of the public sets end in "County" too often.
    trades = sorted(word.title() for word in TRADES if len(word) > 3)
    return tuple(firsts), (*lasts, *(trades * max(1, len(lasts) // len(trades)))), near


@lru_cache(maxsize=2)
def _neighbours(part: Part) -> dict[str, str]:
    """For each name of a part the nearest one that is another: each holds a word that is nothing like the other's."""
    pool = [(name, variant_of(name.lower())) for name, _ in all_names(part)]
    names = [(name, variant) for name, variant in pool if variant is not None and len(variant.tokens) > 1]
    space = name_space([v.core for _, v in names], [], background())
    found = sp_matmul_topn(space.left, space.left.T.tocsr(), top_n=6, threshold=0.3, sort=True, n_threads=1)
    out = {}
    for row, (name, variant) in enumerate(names):
        for at in found.indices[found.indptr[row] : found.indptr[row + 1]].tolist():
            if at != row and _differ(variant, names[at][1]):
                out[name] = names[at][0]
                break
    return out


def _telling(words: list[str]) -> int:
    """How many words of a name come before its legal form, a state or a short remark."""
    count = len(words)
    while count > 1 and (words[count - 1].lower().strip(",.()") in LEGAL_LAST_WORDS or len(words[count - 1]) < 4):
        count -= 1
    return count


def _differ(one: Variant, two: Variant) -> bool:
    ours, theirs = set(one.tokens) - set(two.tokens), set(two.tokens) - set(one.tokens)
    ours, theirs = ({w for w in ours if w in REAL_WORDS}, {w for w in theirs if w in REAL_WORDS})
    return any(
        all(Levenshtein.normalized_similarity(a, b) < 0.6 for b in theirs) for a in ours
    ) and bool(theirs)  # fmt: skip


def twin_of(name: str, part: Part, rng: random.Random) -> str:
    """The name of somebody else that is much like this one; the name itself where it has but one word."""
    firsts, lasts, near = _words(part)
    words = name.split()
    kind = rng.choice(("last", "last", "first", "near", "near", "near", "neighbour", "neighbour"))
    if kind == "neighbour" and name in _neighbours(part):
        return _neighbours(part)[name]
    count = _telling(words)
    swaps = [at for at, word in enumerate(words[:count]) if word.lower().strip(",.") in near]
    if kind == "near" and swaps:
        at = rng.choice(swaps)
        other = rng.choice(near[words[at].lower().strip(",.")])
        words[at] = other.upper() if words[at].isupper() else other.title()
    elif count < 2:
        words.insert(1, rng.choice(lasts))
    elif kind == "first" and count > 2:
        words[0] = rng.choice(firsts)
    else:
        words[count - 1] = rng.choice(lasts)
    return " ".join(words)


def short_for(name: str, rng: random.Random) -> str:
    """The initials of a name of three words or more, as people write them; else the name."""
    variant = variant_of(name.lower())
    words = [w for w in (variant.tokens if variant else ()) if w not in SMALL_WORDS and w[0].isalpha()]
    if len(words) < 3 or len(words) > 7:
        return name
    letters = [word[0].upper() for word in words]
    if len(words) > 3 and rng.random() < 0.3:
        return f"{''.join(letters[:-1])} {words[-1].title()}"
    return rng.choice(("".join(letters), "".join(letters), ".".join(letters) + ".", f"{''.join(letters)} Inc"))


def stranger_tenant(part: Part, seed: int, size: int = 300, places: float = 0.0, known: float = 0.0) -> Tenant:
    """Names against noised copies or initials of themselves, with near twins beside them on the right.

    `places` is the chance that a record knows its town; `known` how much of telephone, domain and address is known.
    """
    rng = random.Random(f"strangers {part} {seed}")  # noqa: S311  a repeatable draw, not a secret
    towns = sorted({(row["city"], row["state"]) for row in bodies(part) if row["city"].strip()})
    evidence = Evidence(address=1 - known, phone=1 - known, domain=1 - known, city=1 - places)
    left: list[Party] = []
    right: list[Party] = []
    links: set[tuple[str, str]] = set()
    for number, (name, country) in enumerate(rng.sample(all_names(part), size)):
        facts = _facts(name, country, towns, rng)
        where = rng.choices(("both", "left", "right"), (LINKED - 0.1, LEFT_ONLY, 1.1 - LINKED - LEFT_ONLY))[0]
        if where != "right":
            left.append(know(Party(f"L{number}", name), facts, evidence, rng, "left"))
        if where != "left":
            shown = short_for(name, rng) if rng.random() < SHORTENED else noisy(name, rng)
            right.append(know(Party(f"R{number}", shown), facts, evidence, rng, "right"))
        if where == "both":
            links.add((f"L{number}", f"R{number}"))
        chance = {"both": OF_THE_LINKED, "left": OF_THE_LEFT_ONLY, "right": 0.0}[where]
        if rng.random() < chance:
            elsewhere = places > 0.3 and rng.random() < 0.35
            twin = noisy(name, rng) if elsewhere else twin_of(name, part, rng)
            of_twin = _facts(twin, country, towns, rng)
            if not elsewhere and rng.random() < OWNED:
                same = rng.choice((("phone",), ("address", "postcode"), ("domain",), ("phone", "address", "postcode")))
                of_twin = replace(of_twin, **{field: getattr(facts, field) for field in same})
            if elsewhere:
                there = know(Party(f"S{number}", twin), of_twin, evidence, rng, "right")
                right.append(replace(there, city=of_twin.city, region=of_twin.region))
            elif _core(twin) != _core(name):
                right.append(know(Party(f"S{number}", twin), of_twin, evidence, rng, "right"))
    rng.shuffle(right)
    # A system may write names its own way throughout, so that "left" cannot be told by its hand.
    if rng.random() < 0.5:
        left, right = right, left
        links = {(b, a) for a, b in links}
    return Tenant(f"strangers {part} {seed}", left, right, frozenset(links))


def _core(name: str) -> str:
    variant = variant_of(name.lower())
    return variant.core if variant else ""


def _facts(name: str, country: str, towns: list[tuple[str, str]], rng: random.Random) -> Party:
    town, state = rng.choice(towns)
    street = rng.choice(("Main St", "Oak Ave", "Second St", "Park Rd", "Mill Ln", "High St", "Industrial Dr"))
    return Party(
        "",
        name,
        domain=made_domain(name, rng),
        phone=f"{rng.randrange(201, 989)}{rng.randrange(10**7):07d}",
        address=f"{rng.randrange(1, 2000)} {street}",
        postcode=f"{rng.randrange(10000, 99999)}",
        city=town,
        region=state,
        country=country,
    )
