"""On seeded estates every planted ghost, gap and duplicate across tools is found, and nothing else of these kinds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.sandbox.estate import build
from connectors.sandbox.estate.oddities import plant_oddities
from tests.domain.reconcile.estates import DAY
from tests.domain.reconcile.planted import shown

KINDS = {"ghost": "ghost", "delivered_unbilled": "delivered_unbilled", "duplicate_across": "duplicate_seat"}
SILENT_HERE = ("stale_quantity", "purchased_over_assigned", "billed_below_purchased")
"""What needs months or purchases, which files do not bring."""


@pytest.mark.parametrize("seed", range(1, 31))
def test_what_is_planted_is_found_and_nothing_else(seed: int, tmp_path: Path) -> None:
    estate = build(seed, 20, 500, as_of=DAY)
    planted = plant_oddities(estate)
    assert {each.kind for each in planted} >= {"ghost", "duplicate_across"}, "an estate this small may lack a gap"
    due: Counter[tuple[str, str, str]] = Counter()
    for each in estate.planted:
        if each.kind in KINDS:
            subject = {"ghost": each.line_ids, "duplicate_across": each.seat_ids}.get(each.kind, ("",))
            due[each.client_id, KINDS[each.kind], subject[0]] += 1
        elif each.kind == "duplicate_device":
            due.update((each.client_id, "duplicate_seat", seat) for seat in sorted(each.seat_ids)[1:])
    found = shown(estate, tmp_path).flags
    assert Counter(row for row in found.elements() if row[1] in {*KINDS.values(), *SILENT_HERE}) == due
