"""How well a domain label spells a name: `spfldpd` for Springfield Police Department. One pair's evidence only."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from matching import domains, label_words
from matching.background import background
from matching.block import Pairs
from matching.side import Side
from matching.words import GENERIC_WORDS, SMALL_WORDS

Floats = NDArray[np.float32]
LABEL_FEATURES = (
    "label_cover", "label_words", "label_ratio", "label_initials", "label_place", "label_bare", "label_heads",
    "label_rare", "label_order", "label_state", "label_kind", "label_country", "label_sub",
)  # fmt: skip
WORDS, LETTERS, LABEL = 12, 24, 40  # words of a name, letters of a word and of a label that are read
COMMON = 3.0  # rarity that a generic word has at most
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a label reads as a name: shares of the label and of the name, all 0 to 1."""

    cover: float  # of the label's letters that some word's beginning explains
    words: float  # of the name's words, each by the share of it that stands in the label
    heads: float  # of the name's words of which at least the first letter stands in the label
    rare: float  # as `words`, a rare word counting more


@lru_cache(maxsize=200_000)
def rarity(word: str) -> float:
    """How rare a word is among organisations at large, as a logarithm."""
    known = background()
    found = float(np.log((1 + known.documents) / (1 + known.words.get(word, 0))))
    return min(found, COMMON) if word in GENERIC_WORDS else found


@lru_cache(maxsize=200_000)
def spelled(tokens: tuple[str, ...], label: str) -> Reading:
    """The best reading of the label as beginnings of the words in order.

    Dynamic programme over words and label positions; a word may be left out, and so may a letter of the label.
    """
    size = len(label)
    best = [(0.0, 0.0, 0, 0.0)] * (size + 1)
    for token in tokens:
        fresh = best[:]
        weight = rarity(token)
        start = label.find(token[0])
        while start >= 0:
            cover, words, heads, rare = best[start]
            length = 0
            while start + length < size and length < len(token) and label[start + length] == token[length]:
                length += 1
                share = length / len(token)
                reached = (cover + length, words + share, heads + 1, rare + share * weight)
                if reached > fresh[start + length]:
                    fresh[start + length] = reached
            start = label.find(token[0], start + 1)
        for end in range(1, size + 1):
            fresh[end] = max(fresh[end], fresh[end - 1])
        best = fresh
    cover, words, heads, rare = best[size]
    total = sum(rarity(token) for token in tokens)
    count = max(1, len(tokens))
    return Reading(cover / max(1, size), words / count, heads / count, rare / max(total, 1e-6))


@dataclass(frozen=True, slots=True)
class Named:
    """A record as a name that a label may spell."""

    tokens: tuple[str, ...]
    place: tuple[str, ...]
    state: str
    countries: frozenset[str]


def _named(tokens: tuple[str, ...], city: str, region: str, country: str) -> Named:
    short = tuple(token[:LETTERS] for token in tokens[:WORDS])
    place = tuple(part[:LETTERS] for part in (*city.split()[:4], region) if part)
    return Named(short, place, region or label_words.state_named(short), label_words.countries_named(short, country))


@lru_cache(maxsize=50_000)
def _parts(host: str) -> tuple[str, str, str]:
    """Label, what stands before it, and country of a host: read once, though each host meets many names."""
    return domains.label(host)[:LABEL], domains.sub_label(host)[:LABEL], domains.country_of(host)


def _one(name: Named, host: str) -> tuple[float, ...]:
    """The label features of one name and one host, in the order of `LABEL_FEATURES`."""
    label, sub, home = _parts(host)
    tokens = name.tokens
    whole = spelled(tokens, label)
    bare, state = label, ""
    best = whole
    for rest, found in label_words.without_affixes(label):
        reading = spelled(tokens, rest)
        if reading.cover > best.cover + 1e-9:
            best, bare, state = reading, rest, found
    joined = "".join(tokens)
    first = "".join(token[0] for token in tokens if token not in SMALL_WORDS)
    every = "".join(token[0] for token in tokens)
    initials = (
        1.0
        if bare in (first, every)
        else 0.8
        if len(first) > 2 and bare.startswith(first)
        else 0.6
        if len(bare) > 2 and LCSseq.similarity(bare, every) == len(bare)
        else 0.0
    )
    placed = whole.cover
    if name.place:
        placed = max(spelled((*tokens, *name.place), label).cover, spelled((*name.place, *tokens), label).cover)
    return (
        whole.cover,
        whole.words,
        fuzz.ratio(joined, label) / 100,
        initials,
        placed,
        best.cover,
        best.heads,
        best.rare,
        LCSseq.similarity(joined, bare) / max(1, len(bare)),
        _agree(state, name.state),
        label_words.kinds_agree(tokens, label),
        float(home in name.countries) if home and name.countries else NAN,
        spelled(tokens, sub).cover if sub else NAN,
    )


def _agree(one: str, other: str) -> float:
    return float(one == other) if one and other else NAN


def _hosts(side: Side) -> list[tuple[str, ...]]:
    """The hosts that stand for a record, up to three: one for each of its domains, as long as it was given."""
    out: list[tuple[str, ...]] = []
    for party, found in zip(side.parties, side.domains, strict=True):
        given = domains.host(party.domain) or domains.host(party.name) if found else ""
        out.append(tuple(given if given and domains.registrable(given) == d else d for d in found[:3]))
    return out


def label_features(left: Side, right: Side, pairs: Pairs) -> dict[str, Floats]:
    """The better of (left name, right label) and (right name, left label); NaN where neither side has a domain."""
    out = np.full((len(pairs), len(LABEL_FEATURES)), np.nan, np.float32)
    hosts_l, hosts_r = _hosts(left), _hosts(right)
    has_l = np.array([bool(x) for x in hosts_l], np.bool_)
    has_r = np.array([bool(x) for x in hosts_r], np.bool_)
    if not has_l.any() and not has_r.any():
        return {name: out[:, k] for k, name in enumerate(LABEL_FEATURES)}
    by_right, by_left = has_r[pairs.right], has_l[pairs.left]
    named_l, named_r = _all_named(left, pairs.left_name[by_right]), _all_named(right, pairs.right_name[by_left])
    for row in np.flatnonzero(by_left | by_right).tolist():
        i, j = int(pairs.left[row]), int(pairs.right[row])
        readings = [_one(named_l[int(pairs.left_name[row])], host) for host in hosts_r[j]]
        readings += [_one(named_r[int(pairs.right_name[row])], host) for host in hosts_l[i]]
        if readings:
            out[row] = max(readings, key=lambda found: (found[5] + found[7], found[:5]))
    return {name: out[:, k] for k, name in enumerate(LABEL_FEATURES)}


def _all_named(side: Side, wanted: Iterable[int]) -> dict[int, Named]:
    out: dict[int, Named] = {}
    for name in np.unique(np.asarray(wanted)).tolist():
        at = int(side.owner[name])
        out[name] = _named(side.names[name].tokens, side.city[at], side.region[at], side.country[at])
    return out
