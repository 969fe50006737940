"""Which pairs of services are compared at all: near names, and what codes, products, vendors and counts suggest."""

from collections import defaultdict
from collections.abc import Hashable, Iterable

import numpy as np

from matching.background import SERVICES_FILE, background
from matching.block import Pairs, block
from matching.services import quantities
from matching.services.codes import codes_of, words_of
from matching.services.side import ServiceSide
from matching.side import KEY_MEMBERS

ALL_PAIRS = 60_000
"""Up to so many pairs, counts and vendors are looked at in all of them."""
LIKELY_SHARE = 0.55
Rows = set[tuple[int, int]]


def code_pairs(left: ServiceSide, right: ServiceSide) -> Rows:
    """Pairs that share a code, or of which one's code stands as a word in the other's name, SKU or description."""
    found: Rows = set()
    for ours, theirs, flipped in ((left, right, False), (right, left, True)):
        by_word: dict[str, list[int]] = defaultdict(list)
        for index, service in enumerate(theirs.services):
            for word in words_of(service):
                by_word[word].append(index)
        for index, service in enumerate(ours.services):
            for code in codes_of(service):
                others = by_word.get(code, [])[:KEY_MEMBERS]
                found |= {(other, index) if flipped else (index, other) for other in others}
    return found


def _sharing(left: Iterable[Iterable[Hashable]], right: Iterable[Iterable[Hashable]], most: int | None = None) -> Rows:
    """Pairs that have a value in common; a value links a record of the left to so many of the right only."""
    by_value: dict[Hashable, list[int]] = defaultdict(list)
    for index, values in enumerate(right):
        for value in values:
            by_value[value].append(index)
    found: Rows = set()
    for index, values in enumerate(left):
        for value in values:
            found |= {(index, other) for other in by_value.get(value, [])[:most]}
    return found


def _products(side: ServiceSide) -> list[tuple[str, ...]]:
    return [() if product is None else (product.display_name,) for product in side.product]


def candidates(left: ServiceSide, right: ServiceSide) -> Pairs:
    """The pairs to compare, in the order of both lists."""
    pairs = block(left.side, right.side, background(SERVICES_FILE))
    extra = code_pairs(left, right) | _sharing(_products(left), _products(right), KEY_MEMBERS)
    if len(left.services) * len(right.services) <= ALL_PAIRS:
        extra |= _sharing(left.vendors, right.vendors)
        extra |= _sharing([n.devices for n in left.read], [n.devices for n in right.read])
        extra |= _agreeing(left, right)
    extra -= set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    if not extra:
        return pairs
    i, j = (np.array(values, np.int64) for values in zip(*sorted(extra), strict=True))
    a, b = left.side.first[i].astype(np.int64), right.side.first[j].astype(np.int64)
    joined = Pairs(
        np.concatenate([pairs.left, i]),
        np.concatenate([pairs.right, j]),
        np.concatenate([pairs.left_name, a]),
        np.concatenate([pairs.right_name, b]),
        np.concatenate([pairs.cosine, np.zeros(i.size, np.float32)]),
    )
    return joined.take(np.lexsort((joined.right, joined.left)))


def _agreeing(left: ServiceSide, right: ServiceSide) -> Rows:
    """Pairs whose quantities agree, whatever they are called."""
    if not any(s.quantities for s in left.services) or not any(s.quantities for s in right.services):
        return set()
    known = quantities.table(left.services, right.services)
    i, j = (each.ravel() for each in np.indices((len(left.services), len(right.services))))
    share = quantities.agreements(known, i, j).share
    likely = np.nan_to_num(share) >= LIKELY_SHARE
    return set(zip(i[likely].tolist(), j[likely].tolist(), strict=True))
