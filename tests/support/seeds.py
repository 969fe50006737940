"""Looks at many seeded estates: ``python -m tests.support.seeds 200``. Exit code 1 where one differs from its plan."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from connectors.sandbox.estate import build
from tests.domain.reconcile.estates import DAY
from tests.domain.reconcile.planted import differences


def main() -> int:
    """Seeds 1 to N, each in a folder of its own; every difference is printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seats", type=int, default=1500)
    given = parser.parse_args()
    began, planted, wrong = time.perf_counter(), 0, 0
    for seed in range(given.first, given.first + given.seeds):
        estate = build(seed, given.clients, given.seats, as_of=DAY)
        with tempfile.TemporaryDirectory(prefix="rcx-seed-") as folder:
            said = differences(estate, Path(folder))
        planted += len(estate.planted)
        wrong += bool(said)
        for each in said:
            print(f"seed {seed}: {each}", flush=True)
    took = time.perf_counter() - began
    print(f"{given.seeds} seeds, {planted} planted things, {wrong} seeds with differences, {took:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
