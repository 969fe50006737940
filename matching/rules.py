"""Decisions that stand above the model: shared identifiers, a domain that only two records carry, and vetoes."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching import domains
from matching.block import Pairs
from matching.context import best_other
from matching.features import NAMES
from matching.replaced import LOOSE_WORD
from matching.side import Side, crowded

Bools = NDArray[np.bool_]

# Log-odds that a rule lifts a pair to, at least. Set by judgement: no public set has such keys to measure them on.
IDENTIFIER_LOG_ODDS = 9.0
DOMAIN_LOG_ODDS = 3.5
# A name that is the initials of one other name and no third one is proposed (0.75), not ticked.
INITIALS_LOG_ODDS = 1.1
# No similarity of names and places reaches further than this (0.999), so that a shared identifier outranks it.
MODEL_LIMIT = 6.9
DOMAIN_LIMIT = 8.0
# A shared word in more than about one name of a hundred identifies nobody.
RARE = 4.6
TELLING_INITIALS = 5  # letters; four are many firms' initials
# Words less alike than this are two words. Slips of the pen in words of four letters and more lie above it.
MISSPELLED = 0.75
OTHER_STREET = 0.7  # likeness of two streets below which they are two
SEVERAL = 1.09  # log1p of two people or devices

# Different values of these make two records two sites, or strangers of one name.
_SITE = ("numbers", "branch", "city", "region", "country")
_AT = {name: k for k, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of each candidate pair, all of shape (pairs,)."""

    same_identifier: Bools
    other_identifier: Bools
    own_domain: Bools
    generic: Bools
    other_site: Bools  # another number, branch or place, and nothing but the name to go by
    other_words: Bools  # each name has a word that is no misspelling of the other's, and no key speaks for them


def lone_initials(pairs: Pairs, matrix: NDArray[np.float32], log_odds: NDArray[np.float64]) -> Bools:
    """Pairs of a name and its initials, where neither record has other initials to go by nor a likely other pair."""
    first = matrix[:, _AT["initials"]] > 0
    if not first.any():
        return np.asarray(first)
    alone = first.copy()
    for owner in (pairs.left, pairs.right):
        alone &= np.bincount(owner[first], minlength=int(owner.max()) + 1)[owner] == 1
        alone &= best_other(owner, log_odds) < 0
    return np.asarray(alone & ~_other_site(matrix))


def _identifiers(left: Side, right: Side) -> tuple[dict[int, dict[str, str]], dict[int, dict[str, str]]]:
    """Identifiers by record, without those that too many records of a side carry to be anybody's."""
    found: list[dict[int, dict[str, str]]] = [
        {
            k: {scheme: value.strip().lower() for scheme, value in party.identifiers.items() if value.strip()}
            for k, party in enumerate(side.parties)
            if party.identifiers
        }
        for side in (left, right)
    ]
    many = crowded(*((pair for mine in side.values() for pair in mine.items()) for side in found))
    if many:
        found = [{k: dict(mine.items() - many) for k, mine in side.items()} for side in found]
    return found[0], found[1]


def _carriers(found: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """The only record that carries a domain, for domains that exactly one record carries."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, values in enumerate(found):
        for value in values:
            rows[value].append(row)
    return {value: at[0] for value, at in rows.items() if len(at) == 1}


def own_domain_pairs(left: Side, right: Side) -> set[tuple[int, int]]:
    """Pairs linked by a domain that no third record carries, and by no such domain to anybody else."""
    ours, theirs = _carriers(left.domains), _carriers(right.domains)
    pairs = {(i, theirs[d]) for d, i in ours.items() if d in theirs and not domains.is_initial(d)}
    lefts, rights = Counter(i for i, _ in pairs), Counter(j for _, j in pairs)
    return {(i, j) for i, j in pairs if lefts[i] == 1 and rights[j] == 1}


def rule(left: Side, right: Side, pairs: Pairs, matrix: NDArray[np.float32]) -> Ruling:
    """Apply every rule to the candidate pairs."""
    same = np.zeros(len(pairs), np.bool_)
    other = np.zeros(len(pairs), np.bool_)
    own = np.zeros(len(pairs), np.bool_)
    ours, theirs = _identifiers(left, right)
    linked = own_domain_pairs(left, right) if any(left.domains) and any(right.domains) else set()
    if (ours and theirs) or linked:
        for row, (i, j) in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
            own[row] = (i, j) in linked
            if i in ours and j in theirs:
                a, b = ours[i], theirs[j]
                common = a.keys() & b.keys()
                same[row] = any(a[scheme] == b[scheme] for scheme in common)
                other[row] = bool(common) and not same[row]
    second = _second_evidence(matrix)
    generic = _generic(matrix) | _number_alone(left, right, pairs, matrix) | _bare_initials(left, right, pairs, matrix)
    return Ruling(same, other, own, generic & ~second, _other_site(matrix) & ~second, _other_words(matrix))


def _generic(matrix: NDArray[np.float32]) -> Bools:
    """Pairs that have only common words in common."""
    column = {name: matrix[:, k] for name, k in _AT.items()}
    rare = column["rarest_shared"] >= RARE
    rare |= (column["squeezed"] >= 0.999) & (column["rarest_left_over"] >= RARE)
    return np.asarray(~rare & ~(column["initials"] > 0))


def _number_alone(left: Side, right: Side, pairs: Pairs, matrix: NDArray[np.float32]) -> Bools:
    """Pairs whose names share a number and no word: `Client 259` and `Site 259`, however rare the number is."""
    alone = np.zeros(len(pairs), np.bool_)
    for row in np.flatnonzero((matrix[:, _AT["numbers"]] == 1) & (matrix[:, _AT["squeezed"]] < 0.999)).tolist():
        shared = {*left.names[pairs.left_name[row]].tokens} & {*right.names[pairs.right_name[row]].tokens}
        alone[row] = bool(shared) and all(token.isdigit() for token in shared)
    return alone


def _bare_initials(left: Side, right: Side, pairs: Pairs, matrix: NDArray[np.float32]) -> Bools:
    """Pairs of a name and its initials that are too short to be anybody's, or another's too."""
    found = matrix[:, _AT["initials"]] > 0
    for row in np.flatnonzero(found).tolist():
        names = (left.names[pairs.left_name[row]].core, right.names[pairs.right_name[row]].core)
        letters = min(len(name.split()[0]) if name else 0 for name in names)
        found[row] = letters < TELLING_INITIALS or matrix[row, _AT["initials_rivals"]] > 0
    return np.asarray(found)


def _other_site(matrix: NDArray[np.float32]) -> Bools:
    """Pairs whose names carry different numbers, branch words or (beside one name) legal forms, or that lie in
    different places: two sites of one brand, or two strangers of one name, as far as can be told."""
    column = {name: matrix[:, k] for name, k in _AT.items()}
    differs = (matrix[:, [_AT[name] for name in _SITE]] == 0).any(axis=1)
    differs |= (column["legal_form"] == 0) & (column["squeezed"] >= 0.999)
    elsewhere = (column["postcode"] == 0) | (column["street_other_number"] < OTHER_STREET)
    return np.asarray(differs | ((column["street_number"] == 0) & elsewhere))


def _other_words(matrix: NDArray[np.float32]) -> Bools:
    """Pairs whose names have words in each other's place ("Lakeland Bank", "Lakeland Tank"), and share no staff.

    An address or a domain clears only words that say little: two firms of one owner, or of one house, share those.
    """
    column = {name: matrix[:, k] for name, k in _AT.items()}
    second = (column["domain"] == 1) | ((column["postcode"] == 1) & (column["street_number"] == 1))
    staff = (column["people_count"] >= SEVERAL) & (column["people_share"] >= 0.3)
    machines = (column["devices_count"] >= SEVERAL) & (column["devices_share"] >= 0.3)
    least = np.where(second, LOOSE_WORD, MISSPELLED)
    return np.asarray((column["replaced"] < least) & ~staff & ~machines & ~(column["label_cover"] >= 0.8))


def _second_evidence(matrix: NDArray[np.float32]) -> Bools:
    """Pairs for which something other than the name speaks outright."""
    column = {name: matrix[:, k] for name, k in _AT.items()}
    address = (column["postcode"] == 1) & (column["street_number"] == 1)
    staff = (column["people_count"] >= SEVERAL) & (column["people_share"] >= 0.3)
    machines = (column["devices_count"] >= SEVERAL) & (column["devices_share"] >= 0.3)
    reached = (column["domain"] == 1) | (column["phone"] == 1) | (column["label_cover"] >= 0.8)
    return np.asarray(reached | address | staff | machines)
