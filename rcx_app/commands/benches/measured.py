"""What a benchmark measured, and how it is told."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison. Times in seconds of wall clock; `budget` is the greatest ratio that is allowed."""

    name: str
    size: str
    ours_s: float
    reference: str
    reference_s: float
    budget: float
    detail: dict[str, Any]

    @property
    def ratio(self) -> float:
        return self.ours_s / self.reference_s

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": self.name,
            "size": self.size,
            "ours_s": round(self.ours_s, 3),
            "reference": self.reference,
            "reference_s": round(self.reference_s, 3),
            "ratio": round(self.ratio, 3),
            "budget": self.budget,
            "within_budget": self.ratio <= self.budget,
            **self.detail,
        }

    def lines(self) -> list[str]:
        """For people."""
        told = [
            f"{self.name}, {self.size}",
            f"  RCX        {self.ours_s:8.3f} s",
            f"  reference  {self.reference_s:8.3f} s   {self.reference}",
            f"  ratio      {self.ratio:8.3f}     budget {self.budget}",
        ]
        return told + [f"  {key.replace('_', ' ')}: {value}" for key, value in self.detail.items()]


def best(work: Callable[[], Result], times: int) -> tuple[float, Result]:
    """The shortest of several runs in seconds, and the last result."""
    shortest = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest, result


def least_cpu(work: Callable[[], Result], times: int) -> float:
    """The least processor time of this process in several runs, in seconds: on a busy machine it says more than the
    clock, but what a database server did is not in it."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def with_cpu_share(work: Callable[[], Result]) -> tuple[Result, float]:
    """What `work` gives, and how much of its time this process had a processor: low on a busy machine, or where a
    database server did the work; above 1 with several threads."""
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, round((time.process_time() - cpu) / (time.perf_counter() - began), 2)


def machine() -> str:
    """The machine in words, as far as the system tells."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as told:  # noqa: PTH123 - not a file of ours
            names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}"


def peak_mib() -> int:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
