"""Times the whole matching pipeline beside a bare trigram TF-IDF pass and two rapidfuzz scorers on the same names."""

import gc
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sparse_dot_topn import sp_matmul_topn

from matching import score
from matching.background import background
from matching.benches.rivals import RIVALS
from matching.block import THREADS
from matching.engine import match
from matching.simulate import all_names, noisy
from matching.types import Party, Suggestion

ROUNDS = 3
SAMPLE = {"rapidfuzz WRatio": 2_000_000, "rapidfuzz token_sort": 100_000_000}  # pairs that are compared at most


def names(n: int, seed: int = 3) -> list[str]:
    """`n` distinct organisation names of all sets; beyond what they hold, names are combined with a place."""
    rng = random.Random(f"bench {seed}")  # noqa: S311  a repeatable draw, not a secret
    pool = [name for part in (all_names("train"), all_names("test")) for name, _ in part]
    rng.shuffle(pool)
    if n <= len(pool):
        return pool[:n]
    seen = dict.fromkeys(pool)
    while len(seen) < n:
        first, second = rng.choice(pool), rng.choice(pool)
        words = second.split()
        seen.setdefault(
            f"{first} {words[0]}" if rng.random() < 0.5 else f"{' '.join(first.split()[:2])} {' '.join(words[-2:])}"
        )
    return list(seen)


def _pass(left: list[str], right: list[str]) -> list[int]:
    """The reference: fit character trigrams, take the ten nearest of each left name; the position of the best."""
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), dtype=np.float32)
    vectors.fit(left + right)
    a, b = vectors.transform(left), vectors.transform(right)
    found = sp_matmul_topn(a, b.T.tocsr(), top_n=10, sort=True, n_threads=THREADS)
    heads = zip(found.indptr[:-1].tolist(), found.indptr[1:].tolist(), strict=True)
    return [int(found.indices[start]) if start < stop else -1 for start, stop in heads]


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    gc.collect()
    start, busy = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - start, time.process_time() - busy, result


def _rivals(left: list[str], right: list[str], order: list[int]) -> dict[str, dict[str, Any]]:
    """Seconds and share of right first picks of comparing all names with all.

    Where that is too much, some left names are compared with all right ones, and the seconds scaled to all left names.
    """
    out: dict[str, dict[str, Any]] = {}
    for name, most in SAMPLE.items():
        count = max(1, min(len(left), most // max(1, len(right))))
        seconds, _, found = _timed(lambda name=name, count=count: RIVALS[name](left[:count], right))  # type: ignore[misc]
        out[name] = {
            "seconds": round(seconds * len(left) / count, 3),
            "top1": round(sum(k >= 0 and order[k] == at for at, k in enumerate(found.best.tolist())) / count, 4),
            "measured_on": count,
            "scaled": count < len(left),
        }
    return out


def run(n: int = 10_000) -> dict[str, Any]:
    """Median seconds of both, their ratio, and the share of names whose first candidate is right; JSON-able.

    Both run in turn, `ROUNDS` times, in the same process and with the same number of threads. The reference is given
    lower-case names; the pipeline is given records and does all of block, score, calibrate, assign and explain.
    """
    if n < 1:
        raise ValueError("n must be at least 1")
    rng = random.Random("bench noise")  # noqa: S311  a repeatable draw, not a secret
    left_names = names(n)
    order = list(range(n))
    rng.shuffle(order)
    right_names = [noisy(left_names[k], rng) for k in order]
    left = [Party(f"L{k}", name) for k, name in enumerate(left_names)]
    right = [Party(f"R{order[k]}", name) for k, name in enumerate(right_names)]
    background(), score.shipped()
    match(left[:50], right[:50])
    whole, bare, whole_busy, bare_busy = [], [], [], []
    suggestions: list[Suggestion] = []
    best: list[int] = []
    for _ in range(ROUNDS):
        seconds, busy, best = _timed(lambda: _pass([x.lower() for x in left_names], [x.lower() for x in right_names]))
        bare.append(seconds)
        bare_busy.append(busy)
        seconds, busy, suggestions = _timed(lambda: match(left, right))
        whole.append(seconds)
        whole_busy.append(busy)
    right_at = [s.candidates[0].right_id == f"R{s.left_id[1:]}" if s.candidates else False for s in suggestions]
    proposed = [hit for s, hit in zip(suggestions, right_at, strict=True) if s.verdict != "none"]
    ticked = [hit for s, hit in zip(suggestions, right_at, strict=True) if s.verdict == "preselect"]
    a, b = statistics.median(whole), statistics.median(bare)
    return {
        "names": n,
        "rounds": ROUNDS,
        "machine": {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()},
        "pipeline_seconds": round(a, 3),
        "reference_seconds": round(b, 3),
        "ratio": round(a / b, 2),
        # Processor time counts all threads and little of what else the machine does.
        "processor_ratio": round(statistics.median(whole_busy) / statistics.median(bare_busy), 2),
        "pipeline_top1": round(sum(right_at) / n, 4),
        "reference_top1": round(sum(k >= 0 and order[k] == at for at, k in enumerate(best)) / n, 4),
        "suggested": {
            "share": round(len(proposed) / n, 4),
            "precision": round(sum(proposed) / max(1, len(proposed)), 4),
        },
        "preselected": {"share": round(len(ticked) / n, 4), "precision": round(sum(ticked) / max(1, len(ticked)), 4)},
        "others": _rivals(left_names, right_names, order),
    }
