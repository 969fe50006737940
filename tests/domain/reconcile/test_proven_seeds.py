"""Every planted drift of a seeded estate is found, with its quantity and amount, and nothing else is.

`python -m tests.support.seeds 200` looks at more seeds than a run of the tests has time for.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.sandbox.estate import build
from tests.domain.reconcile.estates import DAY
from tests.domain.reconcile.planted import FLAG_OF, differences, due


@pytest.mark.parametrize("seed", range(1, 9))
def test_all_that_was_planted_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    estate = build(seed, 30, 1500, as_of=DAY)
    assert differences(estate, tmp_path) == []


def test_the_seeds_plant_every_kind_of_drift(tmp_path: Path) -> None:
    estates = [build(seed, 30, 1500, as_of=DAY) for seed in range(1, 9)]
    flags = {row[1] for estate in estates for row in due(estate).flags}
    assert flags >= set(FLAG_OF.values())
    kinds = {row[3] for estate in estates for row in due(estate).findings}
    assert kinds == {"calculated", "unmapped", "unaccounted"}


def test_a_difference_of_one_millionth_would_be_seen(tmp_path: Path) -> None:
    """The comparison itself can fail: by quantity, by price, by a line that is gone from the list."""
    estate = build(3, 30, 1500, as_of=DAY)
    spot = next(spot for spot, each in enumerate(estate.planted) if each.kind == "over_billed")
    planted = estate.planted[spot]
    line = next(line for line in estate.lines if line.id == planted.line_ids[0])

    estate.planted[spot] = replace(planted, delta=(planted.delta or 0) + Decimal("0.000001"))
    assert any("is missing" in each for each in differences(estate, tmp_path / "one"))
    estate.planted[spot] = planted
    assert differences(estate, tmp_path / "two") == []
    del estate.planted[spot]
    assert any("was not planted" in each and line.product_code in each for each in differences(estate, tmp_path / "x"))
