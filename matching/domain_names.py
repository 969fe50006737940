"""How well a domain label spells a name: `spfldpd` for Springfield Police Department. One pair's evidence only."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from matching import domains
from matching.block import Pairs
from matching.side import Side
from matching.words import SMALL_WORDS

Floats = NDArray[np.float32]
LABEL_FEATURES = ("label_cover", "label_words", "label_ratio", "label_initials", "label_place")


@lru_cache(maxsize=200_000)
def spelled(tokens: tuple[str, ...], label: str) -> tuple[float, float]:
    """Shares of the label and of the name's words in the best reading of the label as prefixes of the words in order.

    Dynamic programme over words and label positions; a word may be left out, and so may a letter of the label.
    """
    size = len(label)
    best = [(0.0, 0.0)] * (size + 1)
    for token in tokens:
        fresh = best[:]
        for start in range(size):
            cover, words = best[start]
            length = 0
            while start + length < size and length < len(token) and label[start + length] == token[length]:
                length += 1
                reached = (cover + length, words + length / len(token))
                if reached > fresh[start + length]:
                    fresh[start + length] = reached
        for end in range(1, size + 1):
            fresh[end] = max(fresh[end], fresh[end - 1])
        best = fresh
    cover, words = best[size]
    return cover / size, words / max(1, len(tokens))


def _one(tokens: tuple[str, ...], place: tuple[str, ...], label: str) -> tuple[float, float, float, float, float]:
    cover, words = spelled(tokens, label)
    joined = "".join(tokens)
    first = "".join(token[0] for token in tokens if token not in SMALL_WORDS)
    with_place = max((spelled((*tokens, *place), label)[0], spelled((*place, *tokens), label)[0])) if place else cover
    return (
        cover,
        words,
        fuzz.ratio(joined, label) / 100,
        float(label == first or (len(first) > 2 and label.startswith(first))),
        with_place,
    )


def label_features(left: Side, right: Side, pairs: Pairs) -> dict[str, Floats]:
    """The better of (left name, right label) and (right name, left label); NaN where neither side has a domain."""
    out = np.full((len(pairs), len(LABEL_FEATURES)), np.nan, np.float32)
    labels_l = [tuple(domains.label(d) for d in found[:3]) for found in left.domains]
    labels_r = [tuple(domains.label(d) for d in found[:3]) for found in right.domains]
    has_l = np.array([bool(x) for x in labels_l], np.bool_)
    has_r = np.array([bool(x) for x in labels_r], np.bool_)
    if not has_l.any() and not has_r.any():
        return {name: out[:, k] for k, name in enumerate(LABEL_FEATURES)}
    places_l = [_place(left, k) for k in range(len(left))]
    places_r = [_place(right, k) for k in range(len(right))]
    for row in np.flatnonzero(has_l[pairs.left] | has_r[pairs.right]).tolist():
        i, j = int(pairs.left[row]), int(pairs.right[row])
        ours, theirs = left.names[pairs.left_name[row]].tokens, right.names[pairs.right_name[row]].tokens
        place = places_l[i] or places_r[j]
        readings = [_one(ours, place, label) for label in labels_r[j] if label]
        readings += [_one(theirs, place, label) for label in labels_l[i] if label]
        if readings:
            out[row] = max(readings)
    return {name: out[:, k] for k, name in enumerate(LABEL_FEATURES)}


def _place(side: Side, index: int) -> tuple[str, ...]:
    return tuple(part for part in (*side.city[index].split(), side.region[index]) if part)
