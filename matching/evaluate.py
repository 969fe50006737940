"""Judges matching on labelled tenants: what a person would see, at the thresholds that ship. Training is elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import score, simulate
from matching.block import block
from matching.engine import match
from matching.side import prepare
from matching.simulate import Tenant
from matching.types import Suggestion

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Report:
    """Quality on labelled records. `suggest`/`preselect` are (precision, recall, F1) at those verdicts.

    `recall_at` maps a precision to the greatest recall reached at it; `ece` and `brier` are on each left record's
    first candidate; `linked` is the number of true links.
    """

    linked: int
    top1: float
    suggest: tuple[float, float, float]
    preselect: tuple[float, float, float]
    recall_at: dict[float, float]
    ece: float
    brier: float

    def plain(self) -> dict[str, Any]:
        """JSON-able, rounded to four digits."""
        return {
            "linked": self.linked,
            "top1": round(self.top1, 4),
            "suggest": [round(x, 4) for x in self.suggest],
            "preselect": [round(x, 4) for x in self.preselect],
            "recall_at": {str(k): round(v, 4) for k, v in self.recall_at.items()},
            "ece": round(self.ece, 4),
            "brier": round(self.brier, 4),
        }


def precision_recall_f1(right: int, proposed: int, linked: int) -> tuple[float, float, float]:
    """(precision, recall, F1); precision of no proposal is 1."""
    precision = right / proposed if proposed else 1.0
    recall = right / linked if linked else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def recall_at_precision(confidence: Floats, truth: NDArray[np.bool_], linked: int, least: float) -> float:
    """The greatest recall of any confidence threshold whose precision is at least `least`; equal values go together."""
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(truth[order])
    precision = hits / np.arange(1, order.size + 1)
    last = np.append(confidence[order][1:] != confidence[order][:-1], True) if order.size else np.zeros(0, np.bool_)
    good = hits[last & (precision >= least)]
    return float(good.max(initial=0) / linked) if linked else 1.0


def calibration_error(confidence: Floats, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean distance of confidence and hit rate over equal-width bins, weighted by size."""
    if not confidence.size:
        return 0.0
    at = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    size = np.bincount(at, minlength=bins)
    gap = np.abs(np.bincount(at, weights=confidence, minlength=bins) - np.bincount(at, weights=truth, minlength=bins))
    return float(gap[size > 0].sum() / confidence.size)


def report(judged: Iterable[tuple[list[Suggestion], frozenset[tuple[str, str]]]]) -> Report:
    """Quality of suggestions against the true links, over any number of tenants together."""
    confidence: list[float] = []
    truth: list[bool] = []
    proposed = {"suggest": [0, 0], "preselect": [0, 0]}
    linked = 0
    for suggestions, links in judged:
        linked += len(links)
        for one in suggestions:
            if not one.candidates:
                continue
            first = one.candidates[0]
            hit = (one.left_id, first.right_id) in links
            confidence.append(first.confidence)
            truth.append(hit)
            for verdict in ("suggest", "preselect"):
                if one.verdict == "preselect" or one.verdict == verdict:
                    proposed[verdict][0] += hit
                    proposed[verdict][1] += 1
    p, y = np.array(confidence, np.float64), np.array(truth, np.bool_)
    return Report(
        linked=linked,
        top1=float(y.sum() / linked) if linked else 1.0,
        suggest=precision_recall_f1(proposed["suggest"][0], proposed["suggest"][1], linked),
        preselect=precision_recall_f1(proposed["preselect"][0], proposed["preselect"][1], linked),
        recall_at={least: recall_at_precision(p, y, linked, least) for least in (0.95, 0.98, 0.99)},
        ece=calibration_error(p, y),
        brier=float(np.mean((p - y) ** 2)) if p.size else 0.0,
    )


def evaluate(tenants: Iterable[Tenant], model: score.Model | None = None, **how: Any) -> Report:
    """Run `match` on labelled tenants and judge it."""
    return report((match(t.left, t.right, model=model, top_n=1, **how), t.links) for t in tenants)


def blocking_recall(tenants: Iterable[Tenant]) -> float:
    """Share of true links that are among the candidate pairs at all."""
    found = linked = 0
    for tenant in tenants:
        pairs = block(prepare(tenant.left), prepare(tenant.right))
        ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        found += sum((tenant.left[i].id, tenant.right[j].id) in tenant.links for i, j in ids)
        linked += len(tenant.links)
    return found / linked if linked else 1.0


FROZEN = ("names", "blank70", "full", "legal", "both", "bodies", "universities", "noised", "chains", "staffed")


def frozen_report(model: score.Model | None = None, count: int = 6) -> dict[str, Any]:
    """The frozen bench: every kind of test tenant with the model as it is."""
    out: dict[str, Any] = {}
    for kind in FROZEN:
        tenants = simulate.frozen(kind, count)
        out[kind] = evaluate(tenants, model).plain() | {"blocking_recall": round(blocking_recall(tenants), 4)}
    return out


def sweep(
    judged: list[tuple[list[Suggestion], frozenset[tuple[str, str]]]], at: Iterable[float]
) -> list[dict[str, float]]:
    """Precision and recall of proposing every first candidate at or above each confidence."""
    linked = sum(len(links) for _, links in judged)
    firsts = [
        (s.candidates[0].confidence, (s.left_id, s.candidates[0].right_id) in links)
        for suggestions, links in judged
        for s in suggestions
        if s.candidates
    ]
    out = []
    for least in at:
        kept = [hit for confidence, hit in firsts if confidence >= least]
        precision, recall, f1 = precision_recall_f1(sum(kept), len(kept), linked)
        out.append({"at": least, "precision": precision, "recall": recall, "f1": f1})
    return out
