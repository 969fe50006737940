"""Plain ways to pair two lists of names, for comparison: rapidfuzz scorers over all pairs, and trigram TF-IDF.

Each gives a best right position and a score between 0 and 1 for every left name; none knows more than the names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils
from sklearn.feature_extraction.text import TfidfVectorizer
from sparse_dot_topn import sp_matmul_topn

from matching.block import THREADS
from matching.types import Party


@dataclass(frozen=True, slots=True)
class Picked:
    """For each left name the position of its best right name (-1: none) and the score between 0 and 1."""

    best: NDArray[np.int64]
    score: NDArray[np.float64]


Rival = Callable[[Sequence[str], Sequence[str]], Picked]
_ROWS = 500  # rows of the full matrix that are held at a time


def _cdist(scorer: Callable[..., float]) -> Rival:
    def pick(left: Sequence[str], right: Sequence[str]) -> Picked:
        clean_left = [utils.default_process(name) for name in left]
        clean_right = [utils.default_process(name) for name in right]
        best, top = np.full(len(left), -1, np.int64), np.zeros(len(left))
        for start in range(0, len(left) if clean_right else 0, _ROWS):
            rows = slice(start, start + _ROWS)
            matrix = process.cdist(clean_left[rows], clean_right, scorer=scorer, dtype=np.float32, workers=THREADS)
            best[rows] = matrix.argmax(axis=1)
            top[rows] = matrix.max(axis=1) / 100.0
        return Picked(best, top)

    return pick


def tfidf(left: Sequence[str], right: Sequence[str]) -> Picked:
    """Character trigrams fitted on both lists; the nearest of the ten that the sparse product keeps."""
    if not left or not right:
        return Picked(np.full(len(left), -1, np.int64), np.zeros(len(left)))
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), dtype=np.float32)
    a_names, b_names = ([f" {name.lower()} " for name in names] for names in (left, right))
    vectors.fit(a_names + b_names)
    found = sp_matmul_topn(
        vectors.transform(a_names), vectors.transform(b_names).T.tocsr(), top_n=10, sort=True, n_threads=THREADS
    )
    start, stop = found.indptr[:-1], found.indptr[1:]
    some = start < stop
    at = np.minimum(start, max(0, found.indices.size - 1))
    if not found.indices.size:
        return Picked(np.full(len(left), -1, np.int64), np.zeros(len(left)))
    return Picked(np.where(some, found.indices[at], -1), np.where(some, found.data[at], 0.0).clip(0.0, 1.0))


RIVALS: dict[str, Rival] = {
    "rapidfuzz WRatio": _cdist(fuzz.WRatio),
    "rapidfuzz token_sort": _cdist(fuzz.token_sort_ratio),
    "TF-IDF 3-grams": tfidf,
}


def names_of(parties: Sequence[Party]) -> tuple[list[str], list[int]]:
    """All names of all records, and the record of each."""
    pairs = [(name, k) for k, party in enumerate(parties) for name in (party.name, *party.aliases)]
    return [name for name, _ in pairs], [k for _, k in pairs]


def link(rival: Rival, left: Sequence[Party], right: Sequence[Party]) -> list[tuple[str, str, float]]:
    """(left id, right id, score) of each left record's best pick over all its names; without a pick, left out."""
    left_names, left_of = names_of(left)
    right_names, right_of = names_of(right)
    found = rival(left_names, right_names)
    best: dict[int, tuple[float, int]] = {}
    picks: Any = zip(left_of, found.best.tolist(), found.score.tolist(), strict=True)
    for record, at, score in picks:
        if at >= 0 and score > best.get(record, (-1.0, 0))[0]:
            best[record] = (score, right_of[at])
    return [(left[record].id, right[at].id, score) for record, (score, at) in sorted(best.items())]
