"""Which pairs are worth scoring: nearest names by trigram TF-IDF in both directions, and exact keys.

Recall comes first; judging the pairs is the business of `features` and `score`.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler, LCSseq
from scipy import sparse
from sparse_dot_topn import sp_matmul_topn

from matching import domains, shared
from matching.background import Background, background
from matching.grams import document_frequency, row_dots, trigram_counts, weigh
from matching.normalise import Variant, initials
from matching.side import KEY_MEMBERS, Side

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

NEAREST = 10  # names kept per name and direction
NEAR = 0.5  # in long lists, share of the nearest name's cosine that a further one must reach
SPELLING = 0.6  # share of a domain label that a name must explain to be worth a look
LABEL_LIKENESS = 0.25  # cosine from which a name and a domain label are worth a look
COMMON_SHARE = 0.04  # a trigram in more than this share of names finds nobody; it still counts in the cosine
COMMON_FLOOR = 400
SAME_COSINE = 0.9999
DENSE_PAIRS = 250_000  # up to this many pairs every pair is looked at with two cheap string measures
DENSE_NEAREST = 4
THREADS = max(1, os.cpu_count() or 1)  # for long lists; to wake a second one costs more than a short list's work
SAME_NAME = 4  # records of the right that a record meets by a name which too many carry: enough to show the doubt


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs, one a row, sorted by left then right. `left_name`/`right_name` index the best pair of names."""

    left: Ints
    right: Ints
    left_name: Ints
    right_name: Ints
    cosine: Floats

    def __len__(self) -> int:
        return self.left.size

    @property
    def is_same_name(self) -> NDArray[np.bool_]:
        """Whether the two names are one to the eye: all of their trigrams are shared."""
        return np.asarray(self.cosine >= SAME_COSINE)

    def take(self, rows: NDArray[np.bool_] | Ints) -> "Pairs":
        """The chosen rows, in their order."""
        return Pairs(self.left[rows], self.right[rows], self.left_name[rows], self.right_name[rows], self.cosine[rows])


@dataclass(frozen=True, slots=True)
class NameSpace:
    """Trigram vectors of all names of both sides in one space."""

    left: "sparse.csr_matrix"
    right: "sparse.csr_matrix"
    document_frequency: Floats

    @property
    def rare(self) -> NDArray[np.bool_]:
        """Columns rare enough to find candidates with."""
        size = self.left.shape[0] + self.right.shape[0]
        return np.asarray(self.document_frequency <= max(COMMON_FLOOR, COMMON_SHARE * size))


def name_space(left: list[str], right: list[str], known: Background) -> NameSpace:
    """TF-IDF rows of two lists of texts; rarity counts the lists and the background corpus together."""
    counts_left, counts_right = trigram_counts(left), trigram_counts(right)
    used, here = document_frequency(counts_left, counts_right)
    everywhere = here + known.grams[used]
    total = len(left) + len(right) + known.documents
    idf = (np.log((1 + total) / (1 + everywhere)) + 0.1).astype(np.float32)
    return NameSpace(weigh(counts_left, idf, used), weigh(counts_right, idf, used), here)


def _nearest(space: NameSpace, top: int, least: float = 0.05) -> Iterator[tuple[Ints, Ints]]:
    """Index pairs of nearest names, from the left and from the right."""
    rare = np.flatnonzero(space.rare)
    left, right = space.left[:, rare], space.right[:, rare]
    threads = THREADS if left.shape[0] * right.shape[0] > DENSE_PAIRS else 1
    for a, b, flipped in ((left, right, False), (right, left, True)):
        found = sp_matmul_topn(a, b.T.tocsr(), top_n=top, threshold=least, n_threads=threads)
        rows = np.repeat(np.arange(a.shape[0]), np.diff(found.indptr))
        cols = found.indices.astype(np.int64)
        if a.shape[0] * b.shape[0] > DENSE_PAIRS:
            best = np.zeros(a.shape[0], found.dtype)
            np.maximum.at(best, rows, found.data)
            near = found.data >= NEAR * best[rows]
            rows, cols = rows[near], cols[near]
        yield (cols, rows) if flipped else (rows, cols)


def _dense(left: Side, right: Side) -> Iterator[tuple[Ints, Ints]]:
    """Short lists: the best few by two string measures that trigrams do not replace."""
    a, b = [v.core for v in left.names], [v.core for v in right.names]
    if not a or not b or len(a) * len(b) > DENSE_PAIRS:
        return
    for scorer in (fuzz.token_set_ratio, JaroWinkler.normalized_similarity):
        scores = process.cdist(a, b, scorer=scorer, dtype=np.float32, workers=1)
        for matrix, flipped in ((scores, False), (scores.T, True)):
            top = min(DENSE_NEAREST, matrix.shape[1])
            cols = np.argpartition(-matrix, top - 1, axis=1)[:, :top].ravel().astype(np.int64)
            rows = np.repeat(np.arange(matrix.shape[0]), top)
            yield (cols, rows) if flipped else (rows, cols)


def _by_spelling(names: list[Variant], labels: list[str]) -> Iterator[tuple[Ints, Ints]]:
    """Short lists: domain labels that read as a name's initials, its beginning, or a thinned-out form of it."""
    at = np.array([k for k, label in enumerate(labels) if label], np.int64)
    if not at.size or not names or at.size * len(names) > DENSE_PAIRS:
        return
    known = [labels[k] for k in at]
    squeezed = [v.core.replace(" ", "") for v in names]
    sizes = np.array([len(label) for label in known], np.float32)
    scores = (
        process.cdist(squeezed, known, scorer=LCSseq.similarity, dtype=np.float32) / sizes,
        process.cdist(squeezed, known, scorer=JaroWinkler.normalized_similarity, dtype=np.float32),
        process.cdist([initials(v) for v in names], known, scorer=fuzz.ratio, dtype=np.float32),
    )
    for matrix in scores:
        top = min(DENSE_NEAREST, matrix.shape[1])
        best = np.argpartition(-matrix, top - 1, axis=1)[:, :top].ravel()
        rows = np.repeat(np.arange(len(names)), top)
        # Where only some records have a domain, the few labels look for names, not every name for one of them.
        likely = (matrix[rows, best] >= SPELLING) & (at.size * 4 >= len(names))
        yield rows[likely], at[best[likely]]
        top = min(DENSE_NEAREST, matrix.shape[0])
        best = np.argpartition(-matrix, top - 1, axis=0)[:top]
        yield best.ravel().astype(np.int64), np.tile(at, top)


def _squeezed(side: Side) -> tuple[list[str], list[str]]:
    """Names without spaces by name, domain labels by record (empty where there is none)."""
    labels = [domains.label(found[0]) if found else "" for found in side.domains]
    return [v.core.replace(" ", "") for v in side.names], labels


def _by_domain_label(left: Side, right: Side, known: Background) -> Iterator[tuple[Ints, Ints]]:
    """Records whose name is spelled by the other's domain label, in both roles; nothing when no side has domains."""
    names_l, labels_l = _squeezed(left)
    names_r, labels_r = _squeezed(right)
    for names, side, labels, flipped in ((names_l, left, labels_r, False), (names_r, right, labels_l, True)):
        if any(labels):
            owners = side.owner
            found = [
                *_nearest(name_space(names, labels, known), NEAREST, LABEL_LIKENESS),
                *_by_spelling(side.names, labels),
            ]
            for rows, cols in found:
                records = owners[rows].astype(np.int64)
                yield (cols, records) if flipped else (records, cols)


def _keys(side: Side) -> tuple[list[str], list[int]]:
    """Exact keys with the record each belongs to: a pair that shares one is looked at whatever the names say."""
    keys: list[str] = []
    owners: list[int] = []
    for index, party in enumerate(side.parties):
        mine = [f"t:{phone}" for phone in side.phones[index]] if side.phones[index] else []
        for domain in side.domains[index]:
            mine += (f"d:{domain}", domains.label(domain))
        if side.postcode[index] and side.number[index]:
            mine.append(f"a:{side.postcode[index]}:{side.number[index]}")
        if party.identifiers:
            mine += [f"i:{scheme}:{value.strip().lower()}" for scheme, value in party.identifiers.items() if value]
        if mine:
            keys += mine
            owners += [index] * len(mine)
    name_owners = side.owner.tolist()
    keys += [variant.core.replace(" ", "") for variant in side.names]
    keys += side.initials
    owners += name_owners + name_owners
    for forms in (side.before_word, side.before_trade, side.but_last):
        keys += forms
        owners += name_owners if forms else []
    return keys, owners


def _by_keys(left: Side, right: Side) -> tuple[Ints, Ints]:
    groups: dict[str, list[int]] = {}
    for key, index in zip(*_keys(left), strict=True):
        groups.setdefault(key, []).append(index)
    both: dict[str, list[int]] = {}
    for key, index in zip(*_keys(right), strict=True):
        if key in groups:
            both.setdefault(key, []).append(index)
    both.pop("", None)
    rows: list[int] = []
    cols: list[int] = []
    for key, theirs in both.items():
        ours = groups[key]
        if len(ours) <= KEY_MEMBERS and len(theirs) <= KEY_MEMBERS:
            for index in ours:
                rows += [index] * len(theirs)
                cols += theirs
    return np.array(rows, np.int64), np.array(cols, np.int64)


def _by_crowded_names(left: Side, right: Side) -> tuple[Ints, Ints]:
    """Record pairs of one name that too many carry to be a key: each of the left meets a few and sees they are many."""
    groups: tuple[dict[str, list[int]], ...] = ({}, {})
    for side, found in zip((left, right), groups, strict=True):
        for variant, owner in zip(side.names, side.owner.tolist(), strict=True):
            if variant.core:
                found.setdefault(variant.core, []).append(owner)
    ours, theirs = groups
    crowded = [c for c in ours if c in theirs and max(len(ours[c]), len(theirs[c])) > KEY_MEMBERS]
    pairs = [(i, j) for core in crowded for i in ours[core] for j in theirs[core][:SAME_NAME]]
    return np.array([i for i, _ in pairs], np.int64), np.array([j for _, j in pairs], np.int64)


def _name_pairs(left: Side, right: Side, i: Ints, j: Ints) -> tuple[Ints, Ints]:
    """All pairs of names of given record pairs."""
    count_l = np.bincount(left.owner, minlength=len(left))
    count_r = np.bincount(right.owner, minlength=len(right))
    sizes = count_l[i] * count_r[j]
    pair = np.repeat(np.arange(i.size), sizes)
    inside = np.arange(pair.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return left.first[i[pair]] + inside // count_r[j[pair]], right.first[j[pair]] + inside % count_r[j[pair]]


def _best_names(left: Side, right: Side, space: NameSpace, found: Iterable[tuple[Ints, Ints]]) -> Pairs:
    """One row a record pair, carrying its two most alike names."""
    parts = list(found)
    a = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.int64)
    b = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.int64)
    unique = np.unique(a * max(1, len(right.names)) + b)
    a, b = np.divmod(unique, max(1, len(right.names)))
    cosine = row_dots(space.left, space.right, a, b)
    pair = left.owner[a].astype(np.int64) * max(1, len(right)) + right.owner[b]
    order = np.lexsort((b, a, -cosine, pair))
    _, heads = np.unique(pair[order], return_index=True)
    keep = order[heads]
    i, j = np.divmod(pair[keep], max(1, len(right)))
    return Pairs(i, j, a[keep], b[keep], cosine[keep])


def block(left: Side, right: Side, known: Background | None = None) -> Pairs:
    """Candidate pairs of two sides; `known` tells what is common, organisation names unless given."""
    known = known or background()
    space = name_space([v.core for v in left.names], [v.core for v in right.names], known)
    by_record = [_by_keys(left, right), _by_crowded_names(left, right), *_by_domain_label(left, right, known)]
    by_record += [shared.linked(left.people, right.people), shared.linked(left.devices, right.devices)]
    i = np.concatenate([p[0] for p in by_record])
    j = np.concatenate([p[1] for p in by_record])
    unique = np.unique(i * max(1, len(right)) + j)
    i, j = np.divmod(unique, max(1, len(right)))
    found = [*_nearest(space, NEAREST), *_dense(left, right), _name_pairs(left, right, i, j)]
    return _best_names(left, right, space, found)
