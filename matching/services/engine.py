"""The one entry to matching services: `match_services` takes SKUs in use and billed products.

Order of decisions: a person's verdict, an equal code, the same product in Microsoft's catalogue, the model, nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching import assign, context, score
from matching.background import SERVICES_FILE, background
from matching.block import Pairs, block
from matching.engine import Progress, by_person, check_ids, read_verdicts, silent
from matching.features import Words
from matching.services.catalogue import Catalogue, catalogue
from matching.services.explain import tell
from matching.services.features import NAMES, SERVICES, features, service_words
from matching.services.side import ServiceSide, prepare
from matching.types import (
    Assignment,
    Candidate,
    CandidateVerdict,
    Decided,
    DecidedBy,
    Reason,
    Service,
    Suggestion,
    Thresholds,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Log-odds that a rule lifts a pair to, at least; by judgement, as no public set shows MSPs' own codes.
CODE_LOG_ODDS = 7.5
CATALOGUE_LOG_ODDS = 5.0
MODEL_LIMIT = 4.6  # no likeness of names reaches further than 0.99
DIFFERENT_PRODUCT = -1.0  # two recognised, different products are not suggested, whatever their names
TELLING = 4.0  # rarity (log) of a word that is in fewer than two product names of a hundred
_AT = {name: k for k, name in enumerate(NAMES)}
_CODE = re.compile(r"^(?=.*[a-z])(?=.*[\d_:-])[a-z0-9][a-z0-9_:.\-/ ()]{3,}$")


@dataclass(frozen=True, slots=True)
class ServiceRuling:
    """What the rules say of each candidate pair."""

    same_code: Bools
    same_product: Bools
    other_product: Bools
    conflict: Bools  # of tier, edition, device, audience, size or term


def _codes(side: ServiceSide, index: int) -> set[str]:
    service = side.services[index]
    texts = (service.sku, service.name, service.attributes.get("part_number", ""), service.attributes.get("sku_id", ""))
    return {text.strip().lower() for text in texts if _CODE.match(text.strip().lower())}


def _code_pairs(left: ServiceSide, right: ServiceSide) -> set[tuple[int, int]]:
    """Pairs that share a code, or of which one's code stands as a word in the other's name, SKU or description."""
    found: set[tuple[int, int]] = set()
    for ours, theirs, flipped in ((left, right, False), (right, left, True)):
        by_word: dict[str, list[int]] = {}
        for index, service in enumerate(theirs.services):
            texts = f"{service.sku} {service.name} {service.description}".lower()
            for word in {*re.split(r"[\s,;()\[\]]+", texts), service.sku.strip().lower()} - {""}:
                by_word.setdefault(word, []).append(index)
        for index in range(len(ours.services)):
            for code in _codes(ours, index):
                found |= {(other, index) if flipped else (index, other) for other in by_word.get(code, ())}
    return found


def _rule(left: ServiceSide, right: ServiceSide, pairs: Pairs, matrix: NDArray[np.float32]) -> ServiceRuling:
    coded = _code_pairs(left, right)
    ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    column = {name: matrix[:, k] for name, k in _AT.items()}
    conflict = np.zeros(len(pairs), np.bool_)
    for name in ("tiers", "editions", "devices", "audiences", "kinds", "sizes"):
        # One-sided tiers and editions are as dangerous as different ones: "Office 365" names no plan.
        conflict |= column[name] < 1.0 if name in ("tiers", "audiences") else column[name] == 0.0
    conflict |= column["terms"] == 0.0
    # Both names hold a telling word that the other lacks ("Threat Analytics", "Intune Analytics").
    conflict |= (column["rarest_left_over"] >= TELLING) & (column["rarest_right_over"] >= TELLING)
    return ServiceRuling(
        same_code=np.array([pair in coded for pair in ids], np.bool_),
        same_product=np.asarray(column["product"] == 1),
        other_product=np.asarray(column["product"] == 0),
        conflict=conflict,
    )


def _with_rule_pairs(left: ServiceSide, right: ServiceSide, pairs: Pairs) -> Pairs:
    """The candidates and every pair that shares a code or a catalogue product."""
    by_product: dict[str, list[int]] = {}
    for index, product in enumerate(right.product):
        if product is not None:
            by_product.setdefault(product.display_name, []).append(index)
    extra = _code_pairs(left, right)
    for index, product in enumerate(left.product):
        if product is not None:
            extra |= {(index, other) for other in by_product.get(product.display_name, ())}
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


def match_services(
    left: Sequence[Service],
    right: Sequence[Service],
    *,
    thresholds: Thresholds | None = None,
    top_n: int = 3,
    decided: Iterable[Decided] = (),
    assignment: Assignment = "many_to_one",
    progress: Progress | None = None,
    model: score.Model | None = None,
    known: Catalogue | None = None,
) -> list[Suggestion]:
    """One suggestion per left service, in the order of `left`; the rest as for `matching.engine.match`.

    `known` replaces the shipped catalogue (to measure with part of it held out).
    """
    at = thresholds or Thresholds()
    check_ids("left", (s.id for s in left))
    check_ids("right", (s.id for s in right))
    if top_n < 1:
        raise ValueError("top_n must be at least 1")
    verdicts = read_verdicts(decided)
    tell_progress = progress or silent
    tell_progress("reading names", 0.0)
    taken = set(verdicts.confirmed.values()) if assignment == "one_to_one" else set()
    table = known or catalogue()
    ours = prepare([s for s in left if s.id not in verdicts.confirmed], table)
    theirs = prepare([s for s in right if s.id not in taken], table)
    tell_progress("finding candidates", 0.2)
    pairs = _with_rule_pairs(ours, theirs, block(ours.side, theirs.side, background(SERVICES_FILE)))
    if verdicts.rejected:
        ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        kept = [(ours.services[i].id, theirs.services[j].id) not in verdicts.rejected for i, j in ids]
        pairs = pairs.take(np.array(kept, np.bool_))
    tell_progress("comparing", 0.4)
    found = _judge(ours, theirs, pairs, at, top_n, assignment, model or score.shipped(SERVICES))
    tell_progress("done", 1.0)
    return [by_person(s.id, verdicts.confirmed[s.id]) if s.id in verdicts.confirmed else found[s.id] for s in left]


def _judge(
    left: ServiceSide,
    right: ServiceSide,
    pairs: Pairs,
    at: Thresholds,
    top_n: int,
    how: Assignment,
    model: score.Model,
) -> dict[str, Suggestion]:
    words = service_words(left, right)
    matrix = features(left, right, pairs, words)
    own = model.pair_log_odds(matrix)
    standing = context.context(pairs.left, pairs.right, own)
    by_model = model.log_odds(own, standing)
    ruling = _rule(left, right, pairs, matrix)
    final = np.minimum(by_model, MODEL_LIMIT)
    final = np.where(ruling.other_product, np.minimum(final, DIFFERENT_PRODUCT), final)
    final = np.where(ruling.same_product, np.maximum(by_model, CATALOGUE_LOG_ODDS), final)
    final = np.where(ruling.same_code, np.maximum(by_model, CODE_LOG_ODDS), final)
    confidence = score.probability(final)
    chosen = assign.chosen_rows(pairs.left, pairs.right, final, confidence, how, at)
    ambiguous = assign.ambiguous_rows(pairs.left, pairs.right, confidence, how, at)
    for key in (ruling.same_product, ruling.same_code):
        count = np.bincount(pairs.left[key], minlength=len(left.services))
        ambiguous = np.where(key, count[pairs.left] > 1, ambiguous)
    keyed = ruling.same_product | ruling.same_code
    terms = matrix[:, _AT["terms"]] == 0.0
    veto = ambiguous | (ruling.conflict & ~keyed) | (ruling.same_product & ~ruling.same_code & terms)
    preselect = chosen & ~veto & (confidence >= at.preselect)
    order = np.lexsort((pairs.right, -confidence, ~chosen, pairs.left))
    rank: dict[int, int] = {}
    rows: list[int] = []
    for row in order.tolist():
        i = int(pairs.left[row])
        if rank.get(i, 0) < top_n and (confidence[row] >= at.floor or chosen[row]):
            rank[i] = rank.get(i, 0) + 1
            rows.append(row)
    start, groups = model.start, model.group_names
    weights = model.contributions(matrix[rows], standing[rows]).tolist()
    listed: dict[int, list[Candidate]] = {}
    decided_by: dict[int, DecidedBy] = {}
    for k, row in enumerate(rows):
        i, j = int(pairs.left[row]), int(pairs.right[row])
        reasons = tell(left, right, i, j, _words(words, pairs, row), matrix[row].tolist(), weights[k], groups)
        reasons = _with_rules(
            reasons, ruling, row, float(final[row] - by_model[row]), left.services[i], right.services[j]
        )
        if chosen[row] and ruling.conflict[row] and not preselect[row]:
            reasons.append(
                Reason("veto", "Plan, edition, device or term is not the same: a person should look", "", "", 0.0)
            )
        verdict: CandidateVerdict = "preselect" if preselect[row] else "suggest" if chosen[row] else "compare"
        mine = listed.setdefault(i, [])
        mine.append(
            Candidate(
                right.services[j].id,
                float(confidence[row]),
                len(mine) + 1,
                verdict,
                tuple(reasons),
                bool(ambiguous[row]),
            )
        )
        if chosen[row]:
            decided_by[i] = "code" if ruling.same_code[row] else "catalogue" if ruling.same_product[row] else "model"
    out: dict[str, Suggestion] = {}
    for i, service in enumerate(left.services):
        candidates = tuple(listed.get(i, ()))
        best = candidates[0].verdict if candidates else "compare"
        out[service.id] = Suggestion(
            service.id, "none" if best == "compare" else best, candidates, start, decided_by.get(i, "none")
        )
    return out


def _words(words: Words, pairs: Pairs, row: int) -> str:
    """The rarest word that both names have."""
    theirs = set(words.right[pairs.right_name[row]].tolist())
    for code in words.left[pairs.left_name[row]].tolist():
        if code >= 0 and code in theirs:
            return str(words.spelled[code])
    return ""


def _with_rules(
    reasons: list[Reason], ruling: ServiceRuling, row: int, moved: float, left: Service, right: Service
) -> list[Reason]:
    """The reasons with what the rules added to the log-odds."""
    shown = (left.sku or left.name, right.sku or right.name)
    names = (left.name, right.name)
    if ruling.same_code[row]:
        return [Reason("code", "Same code", *shown, moved), *reasons]
    if ruling.same_product[row]:
        return [Reason("catalogue", "The same product in Microsoft's catalogue", *names, moved), *reasons]
    if ruling.other_product[row] and moved < 0:
        return [Reason("catalogue", "Different products in Microsoft's catalogue", *names, moved), *reasons]
    if moved:
        return [*reasons, Reason("limit", "Likeness alone is never certain", "", "", moved)]
    return reasons
