"""Evidence about each candidate pair as numbers: higher means more alike, NaN means that there is nothing to compare.

Features of one pair only; how a pair stands among its rivals is in `context`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from matching import domains, shared
from matching.acronyms import agreement
from matching.background import Background, background
from matching.block import Pairs
from matching.chains import branch_of, brand_of
from matching.domain_names import label_features
from matching.replaced import SPELLED_ALIKE, replaced
from matching.side import Coded, Side, code_column, code_sets
from matching.words import GENERIC_WORDS

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
COMMON_RARITY = 4.0  # words common in business names count as common, even where the corpus has few of them
TOKENS = 8  # words of a name that are compared, rarest first
NEAR = 0.5  # likeness of two names from which their words are compared one by one
NAN = np.float32(np.nan)

# Feature -> the group of evidence under which it is blanked and explained.
GROUPS: dict[str, str] = {
    "cosine": "name",
    "ratio": "name",
    "token_sort": "name",
    "token_set": "name",
    "partial": "name",
    "jaro_winkler": "name",
    "squeezed": "name",
    "word_overlap": "name",
    "words_of_left": "name",
    "words_of_right": "name",
    "rarest_shared": "rare_word",
    "rarest_left_over": "left_over",
    "rarest_right_over": "left_over",
    "replaced": "replaced",
    "same_name_left": "generic_name",
    "same_name_right": "generic_name",
    "numbers": "numbers",
    "legal_form": "legal_form",
    "initials": "initials",
    "initials_rivals": "initials",
    "other_name": "alias",
    "domain": "domain",
    "domain_shared_by": "domain",
    "label_cover": "name_domain",
    "label_words": "name_domain",
    "label_ratio": "name_domain",
    "label_initials": "name_domain",
    "label_place": "name_domain",
    "label_bare": "name_domain",
    "label_heads": "name_domain",
    "label_rare": "name_domain",
    "label_order": "name_domain",
    "label_state": "name_domain",
    "label_kind": "name_domain",
    "label_country": "name_domain",
    "label_sub": "name_domain",
    "phone": "phone",
    "postcode": "postcode",
    "street_number": "street",
    "street_same_number": "street",
    "street_other_number": "street",
    "city": "city",
    "region": "region",
    "country": "country",
    "seats": "seats",
    "branch": "branch",
    "chain_left": "chain",
    "chain_right": "chain",
    "city_named": "city",
    "people_share": "people",
    "people_count": "people",
    "devices_share": "devices",
    "devices_count": "devices",
}
NAMES: tuple[str, ...] = tuple(GROUPS)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of every name, rarest first: codes (padded) and their rarity, shape (names, TOKENS)."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    rarity_left: Floats
    rarity_right: Floats
    spelled: list[str]


def _rarity(words: list[str], here: NDArray[np.int64], total: int, known: Background) -> Floats:
    counts = here + np.fromiter((known.words.get(word, 0) for word in words), np.int64, len(words))
    rarity = np.log((1 + total + known.documents) / (1 + counts))
    common = np.fromiter((word in GENERIC_WORDS for word in words), np.bool_, len(words))
    return np.where(common, np.minimum(rarity, COMMON_RARITY), rarity).astype(np.float32)


def words_of(left: Side, right: Side, known: Background | None = None) -> Words:
    """Coded words of all names of both sides, with their rarity over both sides and the background corpus."""
    codes: dict[str, int] = {}
    flat: list[int] = []
    lengths: list[int] = []
    for side in (left, right):
        for variant in side.names:
            unique = dict.fromkeys(variant.tokens)
            flat += [codes.setdefault(token, len(codes)) for token in unique]
            lengths.append(len(unique))
    code = np.array(flat, np.int32)
    spelled = list(codes)
    rarity = _rarity(spelled, np.bincount(code, minlength=len(spelled)), len(lengths), known or background())
    size = np.array(lengths, np.int64)
    row = np.repeat(np.arange(size.size), size)
    order = np.lexsort((code, -rarity[code], row)) if code.size else np.zeros(0, np.int64)
    code = code[order]
    inside = np.arange(code.size) - np.repeat(np.cumsum(size) - size, size)
    kept = inside < TOKENS
    table = np.full((size.size, TOKENS), -1, np.int32)
    weight = np.zeros((size.size, TOKENS), np.float32)
    table[row[kept], inside[kept]] = code[kept]
    weight[row[kept], inside[kept]] = rarity[code[kept]]
    n = len(left.names)
    theirs = table[n:]
    return Words(table[:n], np.where(theirs < 0, -2, theirs), weight[:n], weight[n:], spelled)


def shared_words(words: Words, a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[Bools, Bools]:
    """Which of the left name's words are in the right one and the other way, shape (pairs, TOKENS) each."""
    in_right = np.zeros((a.size, TOKENS), np.bool_)
    in_left = np.zeros((a.size, TOKENS), np.bool_)
    ours, theirs = words.left[a], words.right[b]
    for column in range(TOKENS):
        equal = ours == theirs[:, column : column + 1]
        in_right |= equal
        in_left[:, column] = equal.any(axis=1)
    return in_right, in_left


def word_features(out: dict[str, Floats], words: Words, pairs: Pairs) -> None:
    """Shared and left-over words by rarity, into `out`."""
    in_right, in_left = shared_words(words, pairs.left_name, pairs.right_name)
    ours, theirs = (words.rarity_left[pairs.left_name], words.rarity_right[pairs.right_name])
    shared = (ours * in_right).sum(axis=1)
    all_left, all_right = ours.sum(axis=1), theirs.sum(axis=1)
    out["word_overlap"] = shared / np.maximum(all_left + all_right - shared, 1e-6)
    out["words_of_left"] = shared / np.maximum(all_left, 1e-6)
    out["words_of_right"] = (theirs * in_left).sum(axis=1) / np.maximum(all_right, 1e-6)
    out["rarest_shared"] = (ours * in_right).max(axis=1)
    out["rarest_left_over"] = (ours * ~in_right).max(axis=1)
    out["rarest_right_over"] = (theirs * ~in_left).max(axis=1)


def _is_label(side: Side) -> Bools:
    """Names that are nothing but the label of the record's own domain, by name: no word of those stands alone."""
    own = [domains.label(found[0]) if found else "" for found in side.domains]
    at = zip(side.names, side.owner.tolist(), strict=True)
    return np.array([own[owner] != "" and name.core.replace(" ", "") == own[owner] for name, owner in at], np.bool_)


def _replaced(left: Side, right: Side, words: Words, pairs: Pairs, out: dict[str, Floats]) -> Floats:
    """Whether a word of one name stands for another of the other, see `replaced`; NaN for domain labels."""
    found = np.full(len(pairs), np.nan, np.float32)
    asked = (out["initials"] == 0) & (out["squeezed"] < SPELLED_ALIKE)
    for side, at in ((left, pairs.left_name), (right, pairs.right_name)):
        if any(side.domains):
            asked &= ~_is_label(side)[at]
    rows = np.flatnonzero(asked)
    a, b = pairs.left_name[rows], pairs.right_name[rows]
    in_right, in_left = shared_words(words, a, b)
    ours, theirs = words.left[a], words.right[b]
    over = (~in_right & (ours >= 0), ~in_left & (theirs >= 0))
    found[rows] = replaced((ours, theirs), over, out["squeezed"][rows] >= NEAR, words.spelled)
    return found


def string_features(out: dict[str, Floats], left: Side, right: Side, pairs: Pairs) -> None:
    """String measures of the two names of each pair, into `out`, all 0 to 1."""
    cores_l, cores_r = [v.core for v in left.names], [v.core for v in right.names]
    sorted_l = [" ".join(sorted(v.tokens)) for v in left.names]
    sorted_r = [" ".join(sorted(v.tokens)) for v in right.names]
    squeezed_l, squeezed_r = ([c.replace(" ", "") for c in cores_l], [c.replace(" ", "") for c in cores_r])
    at_l, at_r = pairs.left_name.tolist(), pairs.right_name.tolist()
    named = np.array([bool(c) for c in cores_l], np.bool_)[pairs.left_name]
    named &= np.array([bool(c) for c in cores_r], np.bool_)[pairs.right_name]
    for name, scorer, a, b, scale in (
        ("ratio", fuzz.ratio, cores_l, cores_r, 100),
        ("token_sort", fuzz.ratio, sorted_l, sorted_r, 100),
        ("token_set", fuzz.token_set_ratio, cores_l, cores_r, 100),
        ("partial", fuzz.partial_ratio, cores_l, cores_r, 100),
        ("jaro_winkler", JaroWinkler.normalized_similarity, cores_l, cores_r, 1),
        ("squeezed", fuzz.ratio, squeezed_l, squeezed_r, 100),
    ):
        ours, theirs = [a[k] for k in at_l], [b[k] for k in at_r]
        found = process.cpdist(ours, theirs, scorer=scorer, dtype=np.float32)
        # Two records without a name are not alike.
        out[name] = np.where(named, found / scale, 0.0).astype(np.float32)


def _equal(column: Coded, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """1 equal, 0 different, NaN where either is missing, for single-valued columns."""
    ours, theirs = column.left[i], column.right[j]
    return np.where((ours < 0) | (theirs < 0), NAN, (ours == theirs).astype(np.float32)).astype(np.float32)


def _equal_texts(ours: list[str], theirs: list[str], i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """`_equal` of text columns; quick where one side holds none at all."""
    if not any(ours) or not any(theirs):
        return np.full(i.size, np.nan, np.float32)
    return _equal(code_column(ours, theirs), i, j)


def _overlap(column: Coded, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """1 if any value is shared, 0 if none, NaN where either has none, for multi-valued columns."""
    ours, theirs = column.left[i], column.right[j]
    hit = (ours[:, :, None] == theirs[:, None, :]).any(axis=(1, 2))
    return np.where((ours[:, 0] < 0) | (theirs[:, 0] < 0), NAN, hit.astype(np.float32))


def _numbers(left: Side, right: Side, pairs: Pairs) -> Floats:
    """1 same numbers in both names, 0 different ones, 0.5 numbers on one side only, NaN none at all."""
    sets = code_column(
        ["/".join(sorted(v.numbers)) for v in left.names], ["/".join(sorted(v.numbers)) for v in right.names]
    )
    values = code_sets([v.numbers for v in left.names], [v.numbers for v in right.names], 4)
    ours, theirs = sets.left[pairs.left_name], sets.right[pairs.right_name]
    out = np.where(
        ours == theirs, np.float32(1), np.nan_to_num(_overlap(values, pairs.left_name, pairs.right_name)) * 0.75
    )
    out = np.where((ours < 0) != (theirs < 0), np.float32(0.5), out)
    return np.where((ours < 0) & (theirs < 0), NAN, out).astype(np.float32)


def _branches(left: Side, right: Side, pairs: Pairs) -> Floats:
    """1 same branch words in both names ("North"), 0 others, 0.5 in one name only, NaN none at all."""
    said_l, said_r = ([branch_of(v.tokens) for v in left.names], [branch_of(v.tokens) for v in right.names])
    if not any(said_l) and not any(said_r):
        return np.full(len(pairs), np.nan, np.float32)
    sets = code_sets(said_l, said_r, 3)
    ours, theirs = sets.left[pairs.left_name], sets.right[pairs.right_name]
    hit = (ours[:, :, None] == theirs[:, None, :]).any(axis=(1, 2))
    has_l, has_r = ours[:, 0] >= 0, theirs[:, 0] >= 0
    out = np.where(has_l & has_r, hit.astype(np.float32), np.float32(0.5))
    return np.where(has_l | has_r, out, NAN).astype(np.float32)


def _city_named(left: Side, right: Side, pairs: Pairs) -> Floats:
    """1 where one record's city stands in the other's name, 0 where it does not, NaN where no city is known."""
    out = np.full(len(pairs), np.nan, np.float32)
    if not any(left.city) and not any(right.city):
        return out
    columns = (pairs.left.tolist(), pairs.right.tolist(), pairs.left_name.tolist(), pairs.right_name.tolist())
    for row, (i, j, a, b) in enumerate(zip(*columns, strict=True)):
        ours, theirs = left.city[i], right.city[j]
        if ours or theirs:
            name_l, name_r = f" {left.names[a].core} ", f" {right.names[b].core} "
            out[row] = (ours != "" and f" {ours} " in name_r) or (theirs != "" and f" {theirs} " in name_l)
    return out


def _multiplicity(column: Coded, i: NDArray[np.int64], j: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """How many others of its own side carry the same value, as log1p; by left and by right."""
    size = int(max(column.left.max(initial=-1), column.right.max(initial=-1))) + 2
    ours = np.bincount(column.left + 1, minlength=size)
    theirs = np.bincount(column.right + 1, minlength=size)
    return (
        np.log1p(ours[column.left[i] + 1] - 1).astype(np.float32),
        np.log1p(theirs[column.right[j] + 1] - 1).astype(np.float32),
    )


def _places(out: dict[str, Floats], left: Side, right: Side, i: NDArray[np.int64], j: NDArray[np.int64]) -> None:
    for name in ("postcode", "city", "region", "country"):
        out[name] = _equal_texts(getattr(left, name), getattr(right, name), i, j)
    number = _equal_texts(left.number, right.number, i, j)
    out["street_number"] = number
    ratio = np.full(i.size, np.nan, np.float32)
    has_l = np.array([bool(s) for s in left.street], np.bool_)
    has_r = np.array([bool(s) for s in right.street], np.bool_)
    at = np.flatnonzero(has_l[i] & has_r[j]) if len(left) and len(right) else np.zeros(0, np.int64)
    if at.size:
        ours, theirs = ([left.street[k] for k in i[at].tolist()], [right.street[k] for k in j[at].tolist()])
        ratio[at] = process.cpdist(ours, theirs, scorer=fuzz.ratio, dtype=np.float32) / np.float32(100)
    out["street_same_number"] = np.where(number == 1, ratio, NAN)
    out["street_other_number"] = np.where(number == 0, ratio, NAN)


def _domains(out: dict[str, Floats], left: Side, right: Side, i: NDArray[np.int64], j: NDArray[np.int64]) -> None:
    if not any(left.domains) or not any(right.domains):
        out["domain"] = out["domain_shared_by"] = np.full(i.size, np.nan, np.float32)
        return
    sets = code_sets(left.domains, right.domains, 8)
    out["domain"] = _overlap(sets, i, j)
    carried_l = np.bincount(sets.left[sets.left >= 0], minlength=1)
    carried_r = np.bincount(sets.right[sets.right >= 0], minlength=carried_l.size)
    carried = np.maximum(np.pad(carried_l, (0, carried_r.size - carried_l.size)), carried_r)
    ours, theirs = sets.left[i], sets.right[j]
    shared = np.where((ours[:, :, None] == theirs[:, None, :]).any(axis=2), carried[np.maximum(ours, 0)], 2**30)
    out["domain_shared_by"] = np.where(out["domain"] == 1, np.log(shared.min(axis=1)), NAN).astype(np.float32)


def _seats(left: Side, right: Side, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    def column(side: Side) -> Floats:
        seats = (p.seat_count for p in side.parties)
        return np.array([np.nan if s is None or s < 0 else np.log1p(s) for s in seats], np.float32)

    return np.asarray(-np.abs(column(left)[i] - column(right)[j]), np.float32)


def features(left: Side, right: Side, pairs: Pairs, words: Words | None = None) -> Floats:
    """The feature matrix, shape (pairs, len(NAMES)), columns as in `NAMES`."""
    # Rounded, so that one name is as near to itself whatever else stands in the lists.
    out: dict[str, Floats] = {"cosine": np.round(pairs.cosine, 5)}
    i, j, a, b = pairs.left, pairs.right, pairs.left_name, pairs.right_name
    string_features(out, left, right, pairs)
    words = words or words_of(left, right)
    word_features(out, words, pairs)
    cores = code_column([v.core for v in left.names], [v.core for v in right.names])
    out["same_name_left"], out["same_name_right"] = _multiplicity(cores, a, b)
    out["numbers"] = _numbers(left, right, pairs)
    out["legal_form"] = _equal(code_column([v.legal for v in left.names], [v.legal for v in right.names]), a, b)
    out["initials"], out["initials_rivals"] = agreement(left, right, a, b)
    out["replaced"] = _replaced(left, right, words, pairs, out)
    out["other_name"] = ((a != left.first[i]).astype(np.float32) + (b != right.first[j])).astype(np.float32)
    _domains(out, left, right, i, j)
    out |= label_features(left, right, pairs)
    out["phone"] = np.full(i.size, np.nan, np.float32)
    if any(left.phones) and any(right.phones):
        out["phone"] = _overlap(code_sets(left.phones, right.phones, 4), i, j)
    _places(out, left, right, i, j)
    out["seats"] = _seats(left, right, i, j)
    out["branch"] = _branches(left, right, pairs)
    brands = code_column([brand_of(v.tokens) for v in left.names], [brand_of(v.tokens) for v in right.names])
    out["chain_left"], out["chain_right"] = _multiplicity(brands, a, b)
    out["city_named"] = _city_named(left, right, pairs)
    out["people_share"], out["people_count"] = shared.overlap(left.people, right.people, i, j)
    out["devices_share"], out["devices_count"] = shared.overlap(left.devices, right.devices, i, j)
    return np.column_stack([out[name] for name in NAMES]).astype(np.float32)
