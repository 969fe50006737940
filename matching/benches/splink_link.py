"""Links pairs of CSV files with splink, unsupervised. Run by `peer` under another Python; imports nothing of ours.

The usual recipe: chances of agreement among strangers from random pairs, chances among matches by expectation
maximisation, every pair compared. Columns that a side leaves empty are not compared.
"""

import csv
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

ROUGH_LINKED = 0.65  # share of left records that have a counterpart; splink asks for a first guess


def link(folder: Path) -> None:
    """Read `left.csv` and `right.csv` of a folder, write every pair with its probability to `links.csv`."""
    duckdb: Any = importlib.import_module("duckdb")
    splink: Any = importlib.import_module("splink")
    library: Any = importlib.import_module("splink.comparison_library")
    connection = duckdb.connect()
    rows = {}
    for side in ("left", "right"):
        connection.execute(
            f"create table {side}_side as select * from "  # noqa: S608
            f"read_csv('{folder / side}.csv', header=true, all_varchar=true, nullstr='')"
        ).fetchall()
        rows[side] = connection.execute(f"select count(*) from {side}_side").fetchall()[0][0]  # noqa: S608
    api = splink.DuckDBAPI(connection)
    tables = [api.register("left_side", table_name="a_left"), api.register("right_side", table_name="b_right")]
    comparisons = [library.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8])]
    for column in ("postcode", "number", "domain", "city"):
        held = [
            connection.execute(f"select count({column}) from {side}_side").fetchall()[0][0]  # noqa: S608
            for side in rows
        ]
        if min(held) > 0:
            comparisons.append(library.ExactMatch(column))
    linker = splink.Linker(
        tables,
        splink.SettingsCreator(
            link_type="link_only",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=["1=1"],
            probability_two_random_records_match=ROUGH_LINKED / max(rows["right"], 1),
        ),
        log_level=40,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(
        "1=1", fix_probability_two_random_records_match=True
    )
    found = linker.inference.predict().as_record_list()
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            (row["unique_id_l"], row["unique_id_r"], row["match_probability"]) for row in found
        )


def main(root: Path, count: int) -> None:
    """Every numbered folder under the root; the seconds of all together go to `seconds.json`."""
    importlib.import_module("splink")
    began = time.perf_counter()
    for number in range(count):
        link(root / str(number))
    (root / "seconds.json").write_text(json.dumps(time.perf_counter() - began), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
