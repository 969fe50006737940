"""`rcx reconcile`: a reconciliation from files held against the estate's own truth; outputs, errors, exit codes."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.sandbox.estate import RULES, build, write_rcx_files
from rcx_app.cli import run
from rcx_app.domain.service_rules.rules_file import load_rules
from tests.connectors.sandbox.estate import reference

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def estate_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    write_rcx_files(build(7, 30, 1500, as_of=DAY), folder)
    return folder


@dataclass
class Done:
    exit_code: int
    output: str


def rcx(*arguments: object) -> Done:
    """Run the command; what it says to a person is kept."""
    said = io.StringIO()
    with redirect_stderr(said):
        code = run(["reconcile", *map(str, arguments)])
    return Done(code, said.getvalue())


def files(folder: Path) -> list[object]:
    return ["--lines", folder / "lines.csv", "--seats", folder / "seats.csv", "--as-of", "2026-11-20"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_estate_comes_out_as_planted(estate_folder: Path, tmp_path: Path) -> None:
    given = [*files(estate_folder), "--mapping", estate_folder / "mapping.csv", "--rules", estate_folder / "rules.yaml"]
    done = rcx(*given, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = rows(tmp_path / "out" / "discrepancies.csv")
    truth = reference.reconcile(build(7, 30, 1500, as_of=DAY))
    deltas = {
        (row["client_id"], row["product_code"]): Decimal(row["delta"])
        for row in found
        if row["client_id"] and row["kind"] != "unaccounted"
    }
    assert deltas == truth.deltas
    left = rows(tmp_path / "out" / "unaccounted.csv")
    unaccounted = {(row["integration"], row["client_id"], row["sku"], row["seat_id"]) for row in left}
    assert unaccounted == {(*key, seat) for key, own in truth.unaccounted.items() for seat in own}
    flags = rows(tmp_path / "out" / "flags.csv")
    without = {(row["client_id"], row["product_code"]) for row in flags if row["flag"] == "no_usage_source"}
    assert without == truth.without_source
    assert sum(1 for row in found if not row["client_id"]) == len(truth.unmapped)
    keys = [(row["client_id"], row["product_code"], row["line_id"]) for row in found]
    assert keys == sorted(keys)
    assert {row["kind"] for row in found} <= {"calculated", "estimated", "unmapped", "unaccounted"}
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["findings"]["total"] == len(found)


def test_every_counted_number_has_its_seats(estate_folder: Path, tmp_path: Path) -> None:
    given = [*files(estate_folder), "--mapping", estate_folder / "mapping.csv", "--rules", estate_folder / "rules.yaml"]
    rcx(*given, "--out", tmp_path / "out")
    counted: dict[tuple[str, str, str], int] = {}
    for row in rows(tmp_path / "out" / "seats_counted.csv"):
        key = (row["client_id"], row["line_id"], row["rule"])
        counted[key] = counted.get(key, 0) + 1
    by_seats = {rule.name for rule in RULES if rule.count == "seats"}
    findings = [row for row in rows(tmp_path / "out" / "discrepancies.csv") if row["rule"] in by_seats]
    assert findings
    for row in findings:
        assert counted.get((row["client_id"], row["line_id"], row["rule"]), 0) == int(row["system_count"])


def test_a_rerun_gives_the_same_bytes(estate_folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert rcx(*files(estate_folder), "--out", tmp_path / name).exit_code == 0
    assert rcx(*files(estate_folder), "--out", tmp_path / "two").exit_code == 0
    one, two = sorted((tmp_path / "one").iterdir()), sorted((tmp_path / "two").iterdir())
    assert [file.name for file in one] == [file.name for file in two]
    assert {file.name for file in one} == {
        "discrepancies.csv",
        "flags.csv",
        "mapping.csv",
        "rules.yaml",
        "seats_counted.csv",
        "summary.json",
        "unaccounted.csv",
    }
    for left, right in zip(one, two, strict=True):
        assert left.read_bytes() == right.read_bytes(), left.name


def test_what_was_inferred_can_be_given_back(estate_folder: Path, tmp_path: Path) -> None:
    mapping = estate_folder / "mapping.csv"
    assert rcx(*files(estate_folder), "--mapping", mapping, "--out", tmp_path / "one").exit_code == 0
    rules = tmp_path / "one" / "rules.yaml"
    inferred = {rule.products: (rule.integration, rule.count) for rule in load_rules(rules)}
    meant = {rule.products: (rule.integration, rule.count) for rule in RULES}
    assert len(inferred) >= 15
    assert inferred.items() <= meant.items()
    again = rcx(*files(estate_folder), "--mapping", mapping, "--rules", rules, "--out", tmp_path / "two")
    assert again.exit_code == 0
    for name in ("discrepancies.csv", "rules.yaml", "mapping.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_inferred_mapping_is_never_hard(estate_folder: Path, tmp_path: Path) -> None:
    assert rcx(*files(estate_folder), "--rules", estate_folder / "rules.yaml", "--out", tmp_path / "out").exit_code == 0
    kinds = {row["kind"] for row in rows(tmp_path / "out" / "discrepancies.csv")}
    assert "calculated" not in kinds
    assert "estimated" in kinds


LINES = "client_id,line_id,product_code,quantity,unit_price,currency\nC1,L1,WS,2,4.00,USD\n"
SEATS = "integration,account_id,seat_id,kind\nNinjaOne,A1,S1,device\nNinjaOne,A1,S2,device\nNinjaOne,A1,S3,device\n"
MAPPING = "integration,account_id,client_id\nNinjaOne,A1,C1\n"
RULE = "- {name: WS, products: [WS], integration: NinjaOne}\n"


def small(folder: Path, **changed: str) -> list[object]:
    texts = {"lines": LINES, "seats": SEATS, "mapping": MAPPING, "rules": RULE} | changed
    given: list[object] = ["--as-of", "2026-11-20", "--out", folder / "out"]
    for name, text in texts.items():
        path = folder / f"{name}.{'yaml' if name == 'rules' else 'csv'}"
        path.write_text(text, encoding="utf-8")
        given += [f"--{name}", path]
    return given


def test_one_row_word_by_word(tmp_path: Path) -> None:
    assert rcx(*small(tmp_path)).exit_code == 0
    assert (tmp_path / "out" / "discrepancies.csv").read_text() == (
        "client_id,client_name,line_id,product_code,rule,kind,direction,billed_quantity,system_count,expected_quantity,"
        "delta,unit_price,amount,currency,ready,explanation\n"
        'C1,C1,L1,WS,WS,calculated,under,2,3,3,1,4.00,4.00,USD,true,"3 seats of NinjaOne count, so 3 of WS are due; '
        'the line bills 2, under-billed by +4.00 USD a month."\n'
    )
    assert (tmp_path / "out" / "mapping.csv").read_text() == MAPPING


def test_a_mapped_account_without_seats_counts_zero(tmp_path: Path) -> None:
    mapping = "integration,account_id,client_id\nNinjaOne,A1,\nNinjaOne,A9,C1\n"
    assert rcx(*small(tmp_path, mapping=mapping)).exit_code == 0
    (row,) = rows(tmp_path / "out" / "discrepancies.csv")
    assert (row["system_count"], row["delta"], row["direction"]) == ("0", "-2", "over")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lines": LINES.replace(",2,", ",two,")}, ["lines.csv", "row 2", "quantity"]),
        ({"lines": "client_id,line_id,quantity\nC1,L1,2\n"}, ["lines.csv", "product_code"]),
        ({"seats": SEATS.replace("NinjaOne,A1,S2", "NinjaOne,,S2")}, ["seats.csv", "row 3"]),
        ({"rules": RULE[:-2] + ", where: {all: [{field: clas}]}}"}, ["rules.yaml, line 1", "'clas'"]),
        ({"rules": RULE + RULE.replace("name: WS", "name: B")}, ["rules.yaml, line 2", "one rule only"]),
    ],
)
def test_bad_input_names_its_place_and_writes_nothing(tmp_path: Path, changed: dict[str, str], says: list[str]) -> None:
    done = rcx(*small(tmp_path, **changed))
    assert done.exit_code == 1
    for each in says:
        assert each in done.output
    assert not (tmp_path / "out").exists()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".out")]


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    assert rcx("--out", tmp_path).exit_code == 2
    assert rcx(*small(tmp_path), "--as-of", "tomorrow").exit_code == 2


def test_a_file_in_the_way_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = rcx(*small(tmp_path))
    assert done.exit_code == 1
    assert (tmp_path / "out").read_text() == "mine"


def test_each_problem_is_told_once(estate_folder: Path, tmp_path: Path) -> None:
    head = "client_id,line_id,product_code,quantity\n"
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(f"{head}C1,L1,X,1.1234567\nC1,L2,X,1\n")
    two.write_text(f"{head}C1,L1,X,many\nC1,L2,X,few\n")

    for file, rows_named in ((one, [2]), (two, [2, 3])):
        done = rcx("--lines", file, "--seats", estate_folder / "seats.csv", "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert not (tmp_path / "out").exists()
        for row in rows_named:
            assert done.output.count(f"{file.name}, row {row}, column quantity: ") == 1


def test_a_place_where_nothing_can_be_written_is_said_before_any_work(estate_folder: Path) -> None:
    done = rcx(*files(estate_folder), "--out", Path("/proc/rcx-out"))
    assert done.exit_code == 1
    assert "Nothing can be written to /proc" in done.output
    assert "Traceback" not in done.output


def test_a_problem_of_a_rules_file_is_said_once(estate_folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("- name: X\n  products: [A]\n  count: seets\n")
    done = rcx(*files(estate_folder), "--rules", bad, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert done.output.count("bad.yaml, line 3, count") == 1
    assert not (tmp_path / "out").exists()
