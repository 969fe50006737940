"""Learning from one workspace's verdicts: the entry. What is learned is a few numbers on top of the shipped model.

They are learned from, compared on, and hold nothing but how strongly each group of evidence spoke for right and wrong
pairs; names, ids and counts of words stay where they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from matching import score, simulate
from matching.evaluate import evaluate
from matching.learning import adjust, compare, tune
from matching.learning.adjust import Adjustment
from matching.learning.compare import Held
from matching.learning.examples import Examples, Source, Verdict, examples
from matching.types import Own, Thresholds

__all__ = [
    "CLIENTS",
    "LABELS",
    "Adjustment",
    "Held",
    "Learned",
    "Source",
    "TooFew",
    "Verdict",
    "learn",
    "model",
    "why_not",
]

LABELS, CLIENTS = 50, 20
"""Below so many verdicts, or different clients among them, nothing can be measured, so nothing is learned."""
LEAST_GAIN = 0.01
"""Share of the log loss that must be gained: below it, moving every suggestion isn't worth it."""
BENCH = "blank70"
BENCH_TENANTS = 6
MAY_LOSE = {"f1": 0.04, "preselect_precision": 0.03, "preselect_recall": 0.06}
"""What a model may lose on the frozen tenants against the shipped one. A habit may cost something elsewhere: f1 and
recall are what the shipped model loses there when it sees no addresses at all. Verdicts given at random cost more."""
MAY_PRESELECT_WORSE = 0.02
"""How much less of what is preselected may be right on the workspace's own held-out verdicts."""

Progress = Callable[[str, float], None]


class TooFew(Exception):
    """There is too little to learn from; the message says of what, as a sentence."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came out: the numbers, how they compare, whether they are better, and why or why not in plain words.

    `labels` and `clients` are what was learned from, `bench` the frozen tenants' figures as {"shipped" | "new": {...}}.
    """

    adjustment: Adjustment
    labels: int
    clients: int
    held: tuple[Held, ...]
    bench: Mapping[str, Mapping[str, float]]
    is_better: bool
    reason: str


def why_not(labels: int, clients: int) -> str:
    """In a sentence why nothing can be learned yet from so many verdicts on so many clients; empty where it can."""
    if labels < LABELS:
        return f"There are {labels} verdicts; a training needs at least {LABELS} to tell whether it helped."
    if clients < CLIENTS:
        return f"The verdicts are about {clients} different clients; a training needs at least {CLIENTS}."
    return ""


def model(parameters: Mapping[str, Any], base: score.Model | None = None) -> score.Model:
    """The shipped model (or `base`) with a workspace's stored numbers. Raises `score.ModelError` if they don't fit."""
    base = base or score.shipped()
    return adjust.adjusted(base, adjust.parse(parameters, base))


def learn(
    sources: Sequence[Source],
    *,
    until: float | None = None,
    thresholds: Thresholds | None = None,
    own: Own = Own(),  # noqa: B008  frozen and empty
    progress: Progress | None = None,
) -> Learned:
    """Fit the shipped model to a workspace's verdicts, and compare with the model in use.

    `until`: the time (as in `Verdict.at`) of the newest verdict that the model in use was learned from, None where the
    shipped one is in use. For the comparison the model in use is made anew without the verdicts that are held out: it
    would otherwise be asked what it was told. Raises `TooFew`, and `ValueError` on duplicate ids within a side.
    """
    tell = progress or (lambda *_: None)
    at = thresholds or Thresholds()
    base = score.shipped()
    tell("Looking at the verdicts again", 0.0)
    found = examples(sources, base, own)
    clients = int(np.unique(found.entity).size)
    missing = why_not(len(found), clients)
    if missing:
        raise TooFew(f"{missing} Verdicts count where the model has a say: not where an identifier decides.")
    tell("Comparing on verdicts that were held out", 0.4)
    held = tuple(
        compare.compare(
            found,
            lambda chosen: _before(found, chosen, until),
            lambda chosen: tune.tune(found, chosen, known=len(found)),
            (at.suggest, at.preselect),
        )
    )
    tell("Checking against the frozen cases", 0.6)
    new = tune.tune(found, np.ones(len(found), np.bool_))
    bench = {
        "shipped": dict(_shipped_bench(BENCH_TENANTS)),
        "new": _bench(adjust.adjusted(base, new), BENCH_TENANTS),
    }
    is_better, reason = judged(held, bench)
    return Learned(new, len(found), clients, held, bench, is_better, reason)


def _before(found: Examples, chosen: compare.Bools, until: float | None) -> Adjustment:
    if until is None:
        return Adjustment()
    known = found.at <= until
    return tune.tune(found, chosen & known, known=int(known.sum()))


def judged(held: Sequence[Held], bench: Mapping[str, Mapping[str, float]]) -> tuple[bool, str]:
    """Whether the new numbers are to be used, and a sentence why."""
    worse = [each for each in held if each.gain[2] < 0]
    better = [each for each in held if each.gain[0] > 0 and each.gain[1] >= LEAST_GAIN * each.before.log_loss]
    shown = next((each for each in better), held[0])
    before, after = shown.before.log_loss, shown.after.log_loss
    on = f"{shown.accounts} held-out verdicts (log loss {before:.3f} before, {after:.3f} now)"
    if worse:
        return False, f"Worse on the verdicts held out by {_BY[worse[0].split]}, so it is not used."
    if not better:
        return False, f"No better than the model in use on {on}: the difference is within chance."
    careless = [each for each in held if each.before.preselect[0] - each.after.preselect[0] > MAY_PRESELECT_WORSE]
    if careless:
        return False, f"Better on {on}, but less of what it would preselect is right, so it is not used."
    lost = [name for name, most in MAY_LOSE.items() if bench["shipped"][name] - bench["new"][name] > most]
    if lost:
        return False, f"Better on {on}, but {_LOST[lost[0]]} on the frozen cases by more than allowed."
    return True, f"Better on {on}, held out by {_BY[shown.split]}."


_BY = {"clients": "client", "time": "time"}
_LOST = {
    "f1": "finds fewer right clients",
    "preselect_precision": "preselects more wrong clients",
    "preselect_recall": "preselects far fewer clients",
}


def _bench(tried: score.Model, count: int) -> dict[str, float]:
    report = evaluate(simulate.frozen(BENCH, count), tried)
    return {
        "f1": round(report.suggest[2], 5),
        "preselect_precision": round(report.preselect[0], 5),
        "preselect_recall": round(report.preselect[1], 5),
    }


@lru_cache(maxsize=4)
def _shipped_bench(count: int) -> tuple[tuple[str, float], ...]:
    return tuple(_bench(score.shipped(), count).items())
