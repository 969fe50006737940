"""A workspace's verdicts laid beside the candidate pairs they speak of. No name and no id is kept past this point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matching import context, rules, score
from matching.engine import Scored, judge_pairs
from matching.learning.adjust import Adjustment
from matching.types import Own, Party

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LOOKED_AT = 4  # candidates of an account that count: as many as a person is shown
SLIP = 0.01  # share of verdicts that are taken to be slips, so that a few wrong ones don't unsettle everything
TICKED = 0.5  # weight of agreeing with what was ticked in advance: people look less closely there


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said of a left record: it is `right_id`, it is not `right_id`, or it is nobody (`no_match`).

    `at` orders verdicts in time, in any unit.
    """

    left_id: str
    right_id: str | None
    told: Literal["confirmed", "rejected", "no_match"]
    at: float
    was_preselected: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One left list against the right list, matched by itself, with what people said of it."""

    left: Sequence[Party]
    right: Sequence[Party]
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True)
class Examples:
    """All candidate pairs of all sources, in rows, and the verdicts on some of them.

    `moved` is each group's share in the pair's own log-odds by the shipped model, `verdict` the verdict a pair falls
    under (-1: none), `counts` whether it is one of the pairs that the verdict is learned from, `truth` what it says.
    By verdict: `entity` (all of one client have the same), `at`, `weight`, and `linked` (a client was confirmed).
    """

    base: score.Model
    groups: tuple[str, ...]
    left: Ints
    right: Ints
    moved: Floats
    verdict: Ints
    counts: Bools
    truth: Bools
    entity: Ints
    at: Floats
    weight: Floats
    linked: Bools

    def __len__(self) -> int:
        """How many verdicts there are."""
        return self.entity.size

    def own(self, by: Adjustment) -> Floats:
        """The pairs' own log-odds, before the step over their rivals."""
        times = np.array([by.times.get(group, 1.0) for group in self.groups])
        return np.asarray(self.base.neutral + self.moved @ times)

    def log_odds(self, by: Adjustment) -> Floats:
        """What `adjusted` would say of every pair."""
        own = self.own(by)
        return by.slope * self.before_slope(own, context.context(self.left, self.right, own), by) + by.intercept

    def before_slope(self, own: Floats, standing: Floats, by: Adjustment) -> Floats:
        """The log-odds as they are before `slope` and `intercept`."""
        times = np.array([by.times.get(group, 1.0) for group in context.TERMS.values()])
        beyond = (standing - self.base.context_neutral) * times
        start = self.base.shift + self.base.context_weights @ self.base.context_neutral
        return np.asarray(score.bent(own) @ self.base.bend + beyond @ self.base.context_weights + start)


def examples(sources: Sequence[Source], base: score.Model, own: Own = Own()) -> Examples:  # noqa: B008  frozen and empty
    """Judge every source anew, verdicts ignored, and lay the verdicts beside the pairs.

    Left out are verdicts on records that have no candidate, and on those where a shared identifier or a domain of one's
    own decides: there the model has no say. Raises `ValueError` on duplicate ids within a side.
    """
    parts = []
    entities: dict[str, int] = {}
    for source in sources:
        if source.verdicts:
            parts.append(_of_source(source, base, own, entities))
    return _joined(parts, base)


def _moved(base: score.Model, matrix: NDArray[np.float32]) -> tuple[tuple[str, ...], Floats]:
    """The groups of the pair's own evidence, and how far each moves the pair's own log-odds from neutral."""
    groups = tuple(dict.fromkeys(base.schema.groups.values()))
    unbent = np.zeros_like(base.bend)
    unbent[0] = 1.0
    no_rival = np.broadcast_to(base.context_neutral, (matrix.shape[0], base.context_neutral.size))
    told = replace(base, bend=unbent).contributions(matrix, no_rival)
    return groups, told[:, [base.group_names.index(group) for group in groups]]


def _of_source(source: Source, base: score.Model, own: Own, entities: dict[str, int]) -> Examples:
    scored = judge_pairs(source.left, source.right, model=base, own=own)
    groups, moved = _moved(base, scored.matrix)
    size = len(scored.pairs)
    no_pair, no_verdict = np.zeros(size, np.bool_), np.zeros(0, np.bool_)
    none, numbers = np.zeros(0, np.int64), np.zeros(0)
    left, right, said = scored.pairs.left, scored.pairs.right, np.full(size, -1, np.int64)
    found = Examples(
        base, groups, left, right, moved, said, no_pair, no_pair.copy(), none, numbers, numbers, no_verdict
    )
    return _with_verdicts(found, source, scored, entities)


def _with_verdicts(found: Examples, source: Source, scored: Scored, entities: dict[str, int]) -> Examples:
    at = {party.id: k for k, party in enumerate(source.left)}
    ids = [party.id for party in source.right]
    keyed = scored.ruling.own_domain | scored.ruling.same_identifier
    order = np.lexsort((scored.pairs.right, -scored.model_log_odds, scored.pairs.left))
    starts = np.searchsorted(scored.pairs.left[order], np.arange(len(source.left) + 1))
    kept: list[tuple[int, float, float, bool]] = []
    for one in source.verdicts:
        mine = order[starts[at[one.left_id]] : starts[at[one.left_id] + 1]] if one.left_id in at else order[:0]
        if not mine.size or keyed[mine].any():
            continue
        theirs = np.array([ids[k] == one.right_id for k in scored.pairs.right[mine].tolist()], np.bool_)
        counted = mine[theirs] if one.told == "rejected" else mine[(np.arange(mine.size) < LOOKED_AT) | theirs]
        if not counted.size:
            continue
        found.verdict[mine] = len(kept)
        found.counts[counted] = True
        if one.told == "confirmed":
            found.truth[mine[theirs]] = True
        about = one.right_id or ids[int(scored.pairs.right[mine[0]])]
        agreed = one.told == "confirmed" and one.was_preselected and bool(theirs[0])
        entity = entities.setdefault(about, len(entities))
        kept.append((entity, one.at, TICKED if agreed else 1.0, one.told == "confirmed"))
    columns = list(zip(*kept, strict=True)) if kept else [(), (), (), ()]
    return replace(
        found,
        entity=np.array(columns[0], np.int64),
        at=np.array(columns[1], np.float64),
        weight=np.array(columns[2], np.float64),
        linked=np.array(columns[3], np.bool_),
    )


def _joined(parts: Sequence[Examples], base: score.Model) -> Examples:
    """One table; records of different sources are never each other's rivals, so each source has its own numbers."""
    groups = tuple(dict.fromkeys(base.schema.groups.values()))
    if not parts:
        none, empty = np.zeros(0, np.int64), np.zeros(0)
        flags = np.zeros(0, np.bool_)
        moved = np.zeros((0, len(groups)))
        return Examples(base, groups, none, none, moved, none, flags, flags, none, empty, empty, flags)
    lefts = np.cumsum([0, *(int(part.left.max(initial=-1)) + 1 for part in parts)])
    rights = np.cumsum([0, *(int(part.right.max(initial=-1)) + 1 for part in parts)])
    before = np.cumsum([0, *(len(part) for part in parts)])
    return Examples(
        base,
        groups,
        np.concatenate([part.left + lefts[k] for k, part in enumerate(parts)]),
        np.concatenate([part.right + rights[k] for k, part in enumerate(parts)]),
        np.vstack([part.moved for part in parts]),
        np.concatenate([np.where(part.verdict < 0, -1, part.verdict + before[k]) for k, part in enumerate(parts)]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.entity for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.linked for part in parts]),
    )


def served(log_odds: Floats) -> Floats:
    """The confidence that `match` shows for log-odds of the model alone."""
    return score.probability(np.minimum(log_odds, rules.MODEL_LIMIT))


def loss(log_odds: Floats, truth: Bools) -> Floats:
    """Log loss of each pair, allowing for slips: at most `-log(SLIP)` where a sure pair turns out wrong."""
    right = score.probability(np.where(truth, log_odds, -log_odds))
    return np.asarray(-np.log(SLIP + (1 - 2 * SLIP) * right))


def loss_slope(log_odds: Floats, truth: Bools) -> Floats:
    """How `loss` changes with the log-odds."""
    right = score.probability(np.where(truth, log_odds, -log_odds))
    steep = (1 - 2 * SLIP) * right * (1 - right) / (SLIP + (1 - 2 * SLIP) * right)
    return np.where(truth, -steep, steep)
