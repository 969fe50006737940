"""The whole match bench: speed on many names, accuracy on frozen lists and on planted estates, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matching.benches import accuracy, peer, speed
from matching.benches.accuracy import Quality
from rcx_app.commands.benches import estate_matching
from rcx_app.commands.benches.measured import Measured, machine, peak_mib

BUDGET = 3.0
_COLUMNS = (
    ("precision", "P"), ("recall", "R"), ("f1", "F1"), ("top1", "top-1"), ("recall_at_95", "R@.95"),
    ("recall_at_99", "R@.99"), ("average_precision", "AP"), ("ece", "ECE"), ("brier", "Brier"),
    ("abstention", "abst."), ("ticked_precision", "tick P"), ("ticked_recall", "tick R"), ("seconds", "seconds"),
)  # fmt: skip


def run_speed(count: int) -> Measured:
    """Time and first picks on many names."""
    numbers = speed.run(count)
    return Measured(
        name="match",
        size=f"{count:,} x {count:,} names",
        ours_s=numbers["pipeline_seconds"],
        reference="TF-IDF over character 3-grams and sparse_dot_topn top-10: no scores, no choice, no reasons",
        reference_s=numbers["reference_seconds"],
        budget=BUDGET,
        detail={
            "first_candidate_right": numbers["pipeline_top1"],
            "first_candidate_right_in_the_reference": numbers["reference_top1"],
            "suggested": numbers["suggested"],
            "preselected": numbers["preselected"],
            "others": numbers["others"],
            "peak_memory_mib": peak_mib(),
            "machine": machine(),
        },
    )


def run_accuracy(
    lists: int, clients: int, other: peer.Peer | None, tell: Callable[[str], None]
) -> dict[str, list[Quality]]:
    """Every kind of frozen lists, then planted estates."""
    found = accuracy.run(accuracy.KINDS, lists, other, tell)
    tell("estates")
    return found | {"estates": estate_matching.measure(other, estate_matching.SEEDS[:lists], clients)}


def find_peer(home: Path, install: bool, tell: Callable[[str], None]) -> peer.Peer | None:
    """The peer where it is installed, or installed now if that is asked for."""
    found = peer.installed(home)
    if found is None and install:
        tell(f"installing {peer.SPLINK} into {home / 'splink'}, apart from RCX")
        found = peer.install(home)
    return found


def plain(speed_numbers: Measured, found: dict[str, list[Quality]], other: peer.Peer | None) -> dict[str, Any]:
    """JSON-able."""
    return {
        **speed_numbers.plain(),
        "accuracy": {kind: [quality.plain() for quality in rows] for kind, rows in found.items()},
        "peer": other.name if other else "not installed",
    }


def lines(speed_numbers: Measured, found: dict[str, list[Quality]], other: peer.Peer | None) -> list[str]:
    """For people."""
    told = speed_numbers.lines()
    for kind, rows in found.items():
        told += ["", f"{kind}: {rows[0].lists} lists, {rows[0].linked} links"]
        told.append(f"{'':22}" + "".join(f"{title:>8}" for _, title in _COLUMNS))
        told += [f"{row.method:22}" + "".join(_cell(row, key) for key, _ in _COLUMNS) for row in rows]
        if other is None:
            told.append(f"{'splink 5.0':22}  not installed (--peer splink installs it)")
    if found:
        told += ["", "RCX at the thresholds that ship; every other method at the threshold that is best on these lists"]
    return told


def _cell(row: Quality, key: str) -> str:
    value = getattr(row, key)
    return f"{'-':>8}" if value is None else f"{value:8.2f}" if key == "seconds" else f"{value:8.3f}"
