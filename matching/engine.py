"""The one entry to matching organisations: `match` takes two lists, returns a suggestion for each left record.

Order of decisions: a person's verdict, an equal identifier, a domain that only two records carry, the model,
and otherwise nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching import assign, context, explain, features, nobody, rules, score
from matching.block import Pairs, block
from matching.normalise import fold
from matching.side import Side, prepare, without_crowded
from matching.types import (
    Assignment,
    Candidate,
    CandidateVerdict,
    Decided,
    DecidedBy,
    NoClient,
    Own,
    Party,
    Reason,
    Suggestion,
    Thresholds,
)

Progress = Callable[[str, float], None]
Floats = NDArray[np.float64]


def silent(_: str, __: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """People's verdicts in the form that matching needs."""

    confirmed: dict[str, str | None]
    rejected: frozenset[tuple[str, str]]


def read_verdicts(decided: Iterable[Decided]) -> Verdicts:
    """Index verdicts by id; a left record confirmed twice to different records is refused."""
    confirmed: dict[str, str | None] = {}
    rejected: set[tuple[str, str]] = set()
    for one in decided:
        if one.verdict == "rejected" and one.right_id is not None:
            rejected.add((one.left_id, one.right_id))
        elif confirmed.setdefault(one.left_id, one.right_id) != one.right_id:
            raise ValueError(f"left record {one.left_id!r} is confirmed to two right records")
    return Verdicts(confirmed, frozenset(rejected))


def check_ids(side: str, ids: Iterable[str]) -> None:
    """Ids must be unique within a side; everything that is returned is keyed on them."""
    twice = [found for found, count in Counter(ids).items() if count > 1]
    if twice:
        raise ValueError(f"{side} ids occur more than once: {', '.join(map(repr, twice[:5]))}")


def by_person(left_id: str, right_id: str | None) -> Suggestion:
    """The suggestion that repeats a person's verdict; a machine adds nothing to it."""
    if right_id is None:
        return Suggestion(left_id, "none", (), 0.0, "person")
    reason = Reason("person", "Confirmed by a person", left_id, right_id, 0.0)
    return Suggestion(left_id, "preselect", (Candidate(right_id, 1.0, 1, "preselect", (reason,)),), 0.0, "person")


def match(
    left: Sequence[Party],
    right: Sequence[Party],
    *,
    thresholds: Thresholds | None = None,
    top_n: int = 3,
    decided: Iterable[Decided] = (),
    assignment: Assignment = "many_to_one",
    progress: Progress | None = None,
    model: score.Model | None = None,
    own: Own = Own(),  # noqa: B008  frozen and empty
) -> list[Suggestion]:
    """One suggestion per left record, in the order of `left`.

    `decided` holds people's verdicts: a confirmed left record is returned as confirmed and takes no further part (with
    `one_to_one` nor does its right record), a rejected pair is never proposed again. `progress` is called with a stage
    name and the share done. `own` is what is known of the MSP itself: its domains are no evidence, its tenant is marked
    as nobody's (`Suggestion.no_client`). Raises `ValueError` on duplicate ids or contradictory verdicts.
    """
    at = thresholds or Thresholds()
    tell = progress or silent
    check_ids("left", (p.id for p in left))
    check_ids("right", (p.id for p in right))
    if top_n < 1:
        raise ValueError("top_n must be at least 1")
    verdicts = read_verdicts(decided)
    taken = set(verdicts.confirmed.values()) if assignment == "one_to_one" else set()
    open_left = sorted((p for p in left if p.id not in verdicts.confirmed), key=_in_order)
    open_right = sorted((p for p in right if p.id not in taken), key=_in_order)
    how = How(at, top_n, assignment, own)
    found = _match_open(open_left, open_right, verdicts, how, tell, model or score.shipped())
    tell("done", 1.0)
    return [by_person(p.id, verdicts.confirmed[p.id]) if p.id in verdicts.confirmed else found[p.id] for p in left]


def _in_order(party: Party) -> tuple[str, int, str]:
    """Ties are broken by what a record says, so that the order of a list decides nothing."""
    return party.name, len(party.id), party.id  # so that 9 stands before 10


@dataclass(frozen=True, slots=True)
class How:
    """What a caller asks of the choosing."""

    at: Thresholds
    top_n: int
    assignment: Assignment
    own: Own


def _match_open(
    left: list[Party], right: list[Party], verdicts: Verdicts, how: How, tell: Progress, model: score.Model
) -> dict[str, Suggestion]:
    tell("reading names", 0.0)
    ours, theirs = without_crowded(prepare(left, how.own), prepare(right, how.own))
    tell("finding candidates", 0.15)
    pairs = _without_rejected(block(ours, theirs), left, right, verdicts.rejected)
    tell("comparing", 0.4)
    scored = judge(ours, theirs, pairs, model)
    tell("choosing", 0.75)
    listed = _listed(scored, how)
    tell("explaining", 0.8)
    return _suggestions(left, right, scored, listed, model)


def judge_pairs(
    left: Sequence[Party],
    right: Sequence[Party],
    *,
    model: score.Model | None = None,
    own: Own = Own(),  # noqa: B008  frozen and empty
) -> "Scored":
    """All candidate pairs of two lists with everything that `match` finds out about them, people's verdicts left out.

    For learning and measuring: `matrix` is what a model is fitted to, `own_log_odds` is what the pair says by itself,
    `standing` how it stands among all its rivals. Raises `ValueError` on duplicate ids.
    """
    check_ids("left", (p.id for p in left))
    check_ids("right", (p.id for p in right))
    ours, theirs = without_crowded(prepare(left, own), prepare(right, own))
    return judge(ours, theirs, block(ours, theirs), model or score.shipped())


def _without_rejected(
    pairs: Pairs, left: Sequence[Party], right: Sequence[Party], rejected: frozenset[tuple[str, str]]
) -> Pairs:
    if not rejected:
        return pairs
    ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    return pairs.take(np.array([(left[i].id, right[j].id) not in rejected for i, j in ids], np.bool_))


@dataclass(frozen=True, slots=True)
class Scored:
    """All candidate pairs with everything that was found out about them."""

    left: Side
    right: Side
    pairs: Pairs
    matrix: NDArray[np.float32]
    words: features.Words
    own_log_odds: Floats  # by the pair's own evidence, rivals not looked at
    standing: Floats
    model_log_odds: Floats  # with the rivals, before the rules
    log_odds: Floats  # after the rules
    confidence: Floats
    ruling: rules.Ruling


def judge(left: Side, right: Side, pairs: Pairs, model: score.Model) -> Scored:
    """Features, both steps of the model, and the rules on top."""
    words = features.words_of(left, right)
    matrix = features.features(left, right, pairs, words)
    own = model.pair_log_odds(matrix)
    standing = context.context(pairs.left, pairs.right, own)
    by_model = model.log_odds(own, standing)
    ruling = rules.rule(left, right, pairs, matrix)
    final = np.minimum(by_model, rules.MODEL_LIMIT)
    final = np.where(rules.lone_initials(pairs, matrix, by_model), np.maximum(final, rules.INITIALS_LOG_ODDS), final)
    final = np.where(ruling.own_domain, np.clip(by_model, rules.DOMAIN_LOG_ODDS, rules.DOMAIN_LIMIT), final)
    final = np.where(ruling.same_identifier, np.maximum(by_model, rules.IDENTIFIER_LOG_ODDS), final)
    return Scored(left, right, pairs, matrix, words, own, standing, by_model, final, score.probability(final), ruling)


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows to show, by left record then rank, with the verdict on each record's first."""

    rows: NDArray[np.int64]
    chosen: NDArray[np.bool_]  # by pair
    preselect: NDArray[np.bool_]  # by pair
    ambiguous: NDArray[np.bool_]  # by pair
    doubt: Floats  # by pair, see `Candidate.doubt`; -1 where there is none
    no_client: list[NoClient]  # by left record


def _listed(scored: Scored, how: How) -> Listed:
    pairs, ruling, at = scored.pairs, scored.ruling, how.at
    chosen = assign.chosen_rows(pairs.left, pairs.right, scored.log_odds, scored.confidence, how.assignment, at)
    doubt = assign.doubts(pairs.left, pairs.right, scored.confidence, how.assignment, at)
    # A key decides where similarity cannot: only a second pair with the same kind of key makes it doubtful.
    for key in (ruling.own_domain, ruling.same_identifier):
        count_l = np.bincount(pairs.left[key], minlength=len(scored.left))
        count_r = np.bincount(pairs.right[key], minlength=len(scored.right))
        many = (count_l[pairs.left] > 1) | ((count_r[pairs.right] > 1) & (how.assignment == "one_to_one"))
        doubt = np.where(key, np.where(many, 1.0, -1.0), doubt)
    hidden = assign.hidden_by_rivals(pairs.left, pairs.is_same_name, scored.confidence, at)
    doubt = np.where(hidden, 1.0, doubt)
    ambiguous = doubt >= at.suggest
    keyed = ruling.own_domain | ruling.same_identifier
    vetoed = ruling.other_identifier | (~keyed & (ruling.generic | ruling.other_site | ruling.other_words))
    nobody_right = np.array([bool(hint) for hint in nobody.no_client(scored.right.parties)], np.bool_)
    vetoed |= ~keyed & nobody_right[pairs.right]
    found = nobody.no_client(scored.left.parties, how.own)
    hints = _hints(scored, chosen, keyed, found)
    preselect = chosen & ~ambiguous & ~(vetoed | _of_nobody(hints, pairs)) & (scored.confidence >= at.preselect)
    # What would be nobody's were it chosen: so that a doubt holds at every threshold.
    lowest = replace(at, suggest=at.floor)
    head = assign.chosen_rows(pairs.left, pairs.right, scored.log_odds, scored.confidence, how.assignment, lowest)
    doubt = np.where(vetoed | _of_nobody(_hints(scored, head, keyed, found), pairs), 1.0, doubt)
    order = np.lexsort((pairs.right, -scored.confidence, ~chosen, pairs.left))
    lefts = pairs.left[order]
    start = np.flatnonzero(np.append(True, lefts[1:] != lefts[:-1])) if order.size else np.zeros(0, np.int64)
    rank = np.arange(order.size) - np.repeat(start, np.diff(np.append(start, order.size)))
    shown = (rank < how.top_n) & ((scored.confidence[order] >= at.floor) | chosen[order] | hidden[order])
    return Listed(order[shown], chosen, preselect, ambiguous, doubt, hints)


def _of_nobody(hints: Sequence[NoClient], pairs: Pairs) -> NDArray[np.bool_]:
    return np.array([bool(hint) for hint in hints], np.bool_)[pairs.left]


def _hints(
    scored: Scored, chosen: NDArray[np.bool_], keyed: NDArray[np.bool_], found: Sequence[NoClient]
) -> list[NoClient]:
    """Which left records are nobody's. A key to a client, or for a test tenant a client of that very name, clears the
    hint that was `found`; the MSP's own tenant stays its own."""
    hints = list(found)
    for row in np.flatnonzero(chosen).tolist() if any(hints) else ():
        i, j = int(scored.pairs.left[row]), int(scored.pairs.right[row])
        if hints[i] in ("test", "placeholder"):
            same = fold(scored.left.parties[i].name) == fold(scored.right.parties[j].name)
            if keyed[row] or (hints[i] == "test" and same):
                hints[i] = ""
    return hints


def _suggestions(
    left: list[Party], right: list[Party], scored: Scored, listed: Listed, model: score.Model
) -> dict[str, Suggestion]:
    rows = listed.rows
    pairs = scored.pairs.take(rows)
    matrix = scored.matrix[rows]
    weights = model.contributions(matrix, scored.standing[rows])
    lead = scored.standing[rows, 0] + scored.standing[rows, 1]
    start, groups = model.start, model.group_names
    cases = explain.cases(scored.left, scored.right, pairs, matrix, scored.words, lead)
    weights_of = weights.tolist()
    by_left: dict[int, list[Candidate]] = {}
    decided_by: dict[int, DecidedBy] = {}
    for k, row in enumerate(rows.tolist()):
        i = int(pairs.left[k])
        reasons = explain.tell(cases[k], weights_of[k], groups)
        mine = by_left.setdefault(i, [])
        mine.append(_candidate(scored, listed, row, right[int(pairs.right[k])].id, len(mine) + 1, reasons))
        if len(mine) == 1 and listed.chosen[row]:
            ruling = scored.ruling
            decided_by[i] = (
                "identifier" if ruling.same_identifier[row] else "domain" if ruling.own_domain[row] else "model"
            )
    out: dict[str, Suggestion] = {}
    for i, party in enumerate(left):
        mine = by_left.get(i, [])
        verdict = mine[0].verdict if mine else "compare"
        out[party.id] = Suggestion(
            party.id,
            "none" if verdict == "compare" else verdict,
            tuple(mine),
            start,
            decided_by.get(i, "none"),
            listed.no_client[i],
        )
    return out


def _candidate(scored: Scored, listed: Listed, row: int, right_id: str, rank: int, reasons: list[Reason]) -> Candidate:
    ruling = scored.ruling
    moved = float(scored.log_odds[row] - scored.model_log_odds[row])
    if moved > 0:
        reasons.insert(0, _lift(scored, row, moved))
    elif moved < 0:
        reasons.append(Reason("limit", "Likeness alone is never certain", "", "", moved))
    if ruling.other_identifier[row]:
        reasons.insert(0, Reason("identifier_differs", "Identifiers differ: a person must look", "", "", 0.0))
    if ruling.generic[row] and listed.chosen[row]:
        reasons.append(Reason("common_words_only", "Only common words are shared: a person should look", "", "", 0.0))
    if ruling.other_words[row] and listed.chosen[row]:
        text = "Each name has a word that the other lacks: a person should look"
        reasons.append(Reason("other_words", text, "", "", 0.0))
    verdict: CandidateVerdict = "preselect" if listed.preselect[row] else "suggest" if listed.chosen[row] else "compare"
    return Candidate(
        right_id,
        float(scored.confidence[row]),
        rank,
        verdict,
        tuple(reasons),
        bool(listed.ambiguous[row]),
        float(listed.doubt[row]) if listed.doubt[row] >= 0 else None,
    )


def _lift(scored: Scored, row: int, moved: float) -> Reason:
    """What a rule added to a pair's log-odds, and by which key."""
    left, right = (scored.left.parties[scored.pairs.left[row]], scored.right.parties[scored.pairs.right[row]])
    if scored.ruling.same_identifier[row]:
        return Reason("identifier", "Same identifier", *_shared_identifier(left, right), moved)
    if scored.ruling.own_domain[row]:
        text = "No other record on either side has this domain"
        return Reason("own_domain", text, explain.web(left), explain.web(right), moved)
    return Reason(
        "lone_initials", "One name is the other's initials, and no third record's", left.name, right.name, moved
    )


def _shared_identifier(left: Party, right: Party) -> tuple[str, str]:
    for scheme, value in left.identifiers.items():
        other = right.identifiers.get(scheme, "")
        if value.strip() and value.strip().lower() == other.strip().lower():
            return f"{scheme} {value}", f"{scheme} {other}"
    return "", ""
