"""Accuracy and time on the frozen test tenants, RCX and others on the same lists in the same run."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from matching import evaluate, simulate
from matching.benches import rivals
from matching.benches.peer import Peer
from matching.engine import match
from matching.frozen.judge import average_precision
from matching.simulate import Tenant

KINDS = ("names", "blank70", "full", "legal", "bodies", "universities")
Link = tuple[str, str, float, bool, bool]  # left id, right id, score, proposed, ticked
Pick = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """One method on one kind of lists. `threshold` is the score from which it proposes.

    RCX proposes and ticks as it ships; every other method gets the threshold that is best for it on these very lists,
    which nobody could know beforehand. `ece` and `brier` take the score as a probability. `abstention` is the share of
    left records for which nothing is proposed; `seconds` is the time for all lists together.
    """

    method: str
    lists: int
    linked: int
    threshold: float
    precision: float
    recall: float
    f1: float
    top1: float
    recall_at_95: float
    recall_at_99: float
    average_precision: float
    ece: float
    brier: float
    abstention: float
    seconds: float
    ticked_precision: float | None = None
    ticked_recall: float | None = None

    def plain(self) -> dict[str, Any]:
        """JSON-able, rounded to four digits."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items() if v is not None}


def _quality(method: str, found: Sequence[Sequence[Link]], tenants: Sequence[Tenant], seconds: float) -> Quality:
    links = [(score, (l, r) in t.links, said, ticked) for row, t in zip(found, tenants, strict=True) for l, r, score, said, ticked in row]  # fmt: skip # noqa: E501, E741
    linked, lefts = sum(len(t.links) for t in tenants), sum(len(t.left) for t in tenants)
    p, y = np.array([x[0] for x in links]), np.array([x[1] for x in links], np.bool_)
    said, ticked = (np.array([x[k] for x in links], np.bool_) for k in (2, 3))
    precision, recall, f1 = evaluate.precision_recall_f1(int(y[said].sum()), int(said.sum()), linked)
    tick = evaluate.precision_recall_f1(int(y[ticked].sum()), int(ticked.sum()), linked)
    return Quality(
        method,
        len(tenants),
        linked,
        float(p[said].min()) if said.any() else 1.0,
        precision,
        recall,
        f1,
        float(y.sum() / linked),
        evaluate.recall_at_precision(p, y, linked, 0.95),
        evaluate.recall_at_precision(p, y, linked, 0.99),
        average_precision(p.tolist(), y.tolist(), linked),
        evaluate.calibration_error(p, y),
        float(np.mean((p - y) ** 2)) if p.size else 0.0,
        1.0 - float(said.sum()) / lefts,
        seconds,
        tick[0] if ticked.any() else None,
        tick[1] if ticked.any() else None,
    )


def ours(tenants: Sequence[Tenant], method: str = "RCX") -> Quality:
    """What `match` proposes, ticks and believes, at the thresholds that ship."""
    began = time.perf_counter()
    judged = [match(t.left, t.right, top_n=1) for t in tenants]
    seconds = time.perf_counter() - began
    found = [
        [
            (s.left_id, c.right_id, c.confidence, s.verdict != "none", s.verdict == "preselect")
            for s in suggestions
            for c in s.candidates[:1]
        ]
        for suggestions in judged
    ]
    return _quality(method, found, tenants, seconds)


def best_threshold(scores: Iterable[tuple[float, bool]], linked: int) -> float:
    """The score from which proposing gives the best F1; equal scores go together."""
    ordered = sorted(scores, reverse=True)
    hits, best = 0, (0.0, 1.1)
    for count, (score, hit) in enumerate(ordered, 1):
        hits += hit
        if count == len(ordered) or ordered[count][0] != score:
            best = max(best, (2 * hits / (count + linked), score))
    return best[1]


def other(method: str, picks: Sequence[Sequence[Pick]], tenants: Sequence[Tenant], seconds: float) -> Quality:
    """Another method's best picks, with the threshold that suits it best."""
    scored = [(s, (l, r) in t.links) for row, t in zip(picks, tenants, strict=True) for l, r, s in row]  # noqa: E741
    least = best_threshold(scored, sum(len(t.links) for t in tenants))
    found = [[(left, right, score, score >= least, False) for left, right, score in row] for row in picks]
    return _quality(method, found, tenants, seconds)


def compare(tenants: Sequence[Tenant], peer: Peer | None = None) -> list[Quality]:
    """RCX and all others on the same lists."""
    match(tenants[0].left[:5], tenants[0].right[:5])  # the model is read once, and not counted
    out = [ours(tenants)]
    for method, rival in rivals.RIVALS.items():
        began = time.perf_counter()
        picks = [rivals.link(rival, t.left, t.right) for t in tenants]
        out.append(other(method, picks, tenants, time.perf_counter() - began))
    if peer is not None:
        picks, seconds = peer.link(tenants)
        out.append(other(peer.name, picks, tenants, seconds))
    return out


def run(
    kinds: Sequence[str] = KINDS, lists: int = 3, peer: Peer | None = None, tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[Quality]]:
    """Every kind of frozen test lists; `lists` of each."""
    out = {}
    for kind in kinds:
        tell(kind)
        out[kind] = compare(simulate.frozen(kind, lists), peer)
    return out
