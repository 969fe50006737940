"""The one entry to matching services: `match_services` takes SKUs in use and billed products.

Order of decisions: a person's verdict, an equal code, the same product in Microsoft's catalogue, the model (names,
vendors, units, and billed against used quantities), nothing. The rules are in `ruling`.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from matching import assign, context, score
from matching.block import Pairs
from matching.engine import Progress, by_person, check_ids, read_verdicts, silent
from matching.features import Words
from matching.services.candidates import candidates
from matching.services.catalogue import Catalogue, catalogue
from matching.services.explain import tell
from matching.services.features import SERVICES, features, service_words
from matching.services.ruling import rule
from matching.services.side import ServiceSide, labels_of, prepare, readable
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
    open_left = sorted((readable(s) for s in left if s.id not in verdicts.confirmed), key=_in_order)
    open_right = sorted((readable(s) for s in right if s.id not in taken), key=_in_order)
    labels = labels_of(open_left, open_right)
    ours, theirs = prepare(open_left, table, labels), prepare(open_right, table, labels)
    tell_progress("finding candidates", 0.2)
    pairs = candidates(ours, theirs)
    if verdicts.rejected:
        ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        kept = [(ours.services[i].id, theirs.services[j].id) not in verdicts.rejected for i, j in ids]
        pairs = pairs.take(np.array(kept, np.bool_))
    tell_progress("comparing", 0.4)
    found = _judge(ours, theirs, pairs, at, top_n, assignment, model or score.shipped(SERVICES))
    tell_progress("done", 1.0)
    return [by_person(s.id, verdicts.confirmed[s.id]) if s.id in verdicts.confirmed else found[s.id] for s in left]


def _in_order(service: Service) -> tuple[str, int, str]:
    """Ties are broken by what a record says, so that the order of a list decides nothing."""
    return service.name, len(service.id), service.id  # so that 9 stands before 10


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
    ruling = rule(left, right, pairs, matrix)
    final = ruling.bound(by_model)
    confidence = score.probability(final)
    chosen = assign.chosen_rows(pairs.left, pairs.right, final, confidence, how, at)
    doubt = assign.doubts(pairs.left, pairs.right, confidence, how, at)
    for key in (ruling.same_product, ruling.same_code):
        count = np.bincount(pairs.left[key], minlength=len(left.services))
        doubt = np.where(key, np.where(count[pairs.left] > 1, 1.0, -1.0), doubt)
    hidden = assign.hidden_by_rivals(pairs.left, pairs.is_same_name, confidence, at)
    doubt = np.where(hidden, 1.0, doubt)
    ambiguous = doubt >= at.suggest
    doubt = np.where(ruling.veto, 1.0, doubt)
    veto = ambiguous | ruling.veto
    preselect = chosen & ~veto & (confidence >= at.preselect)
    order = np.lexsort((pairs.right, -confidence, ~chosen, pairs.left))
    rank: dict[int, int] = {}
    rows: list[int] = []
    for row in order.tolist():
        i = int(pairs.left[row])
        if rank.get(i, 0) < top_n and (confidence[row] >= at.floor or chosen[row] or hidden[row]):
            rank[i] = rank.get(i, 0) + 1
            rows.append(row)
    start, groups = model.start, model.group_names
    weights = model.contributions(matrix[rows], standing[rows]).tolist()
    listed: dict[int, list[Candidate]] = {}
    decided_by: dict[int, DecidedBy] = {}
    for k, row in enumerate(rows):
        i, j = int(pairs.left[row]), int(pairs.right[row])
        reasons = tell(left, right, i, j, _words(words, pairs, row), matrix[row].tolist(), weights[k], groups)
        told = ruling.tell(row, float(final[row] - by_model[row]), left.services[i], right.services[j])
        reasons = [*told, *reasons] if told and told[0].code != "limit" else [*reasons, *told]
        if chosen[row] and ruling.veto[row]:
            reasons.append(Reason("veto", ruling.veto_text(row), left.services[i].name, right.services[j].name, 0.0))
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
                float(doubt[row]) if doubt[row] >= 0 else None,
            )
        )
        if chosen[row]:
            decided_by[i] = "code" if ruling.same_code[row] else "catalogue" if ruling.same_product[row] else "model"
    out: dict[str, Suggestion] = {}
    for i, service in enumerate(left.services):
        mine = listed.get(i, [])
        best = mine[0].verdict if mine else "compare"
        out[service.id] = Suggestion(
            service.id, "none" if best == "compare" else best, tuple(mine), start, decided_by.get(i, "none")
        )
    return out


def _words(words: Words, pairs: Pairs, row: int) -> str:
    """The rarest word that both names have."""
    theirs = set(words.right[pairs.right_name[row]].tolist())
    for code in words.left[pairs.left_name[row]].tolist():
        if code >= 0 and code in theirs:
            return str(words.spelled[code])
    return ""
