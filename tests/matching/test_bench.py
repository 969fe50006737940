"""The speed bench runs, is honest about accuracy, and its names are realistic in number."""

import json

from matching.bench import names, run


def test_a_small_bench_reports_both_sides() -> None:
    found = run(300)
    json.dumps(found)
    assert found["names"] == 300
    assert found["pipeline_top1"] >= found["reference_top1"] - 0.02
    assert found["pipeline_top1"] > 0.9
    assert found["ratio"] > 0


def test_more_names_than_the_sets_hold_are_combined() -> None:
    assert len(set(names(40_000))) == 40_000
