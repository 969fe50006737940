"""The export is the filtered list, all of it, and runs in no spreadsheet."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from rcx_app.core.db import transaction
from rcx_app.domain.mapping.export import COLUMNS, AccountQuery, accounts_csv, accounts_xlsx
from rcx_app.domain.mapping.schemas import Mark, Tab, Verdict
from tests.conftest import World
from tests.domain.mapping.making import keep, make
from tests.domain.mapping.test_verdicts import decide


def exported(world: World, kind: str, **params: str) -> list[dict[str, str]]:
    out = io.BytesIO()
    query = AccountQuery.from_params(params)
    with transaction(world.ours, read_only=True) as session:
        written = (accounts_csv if kind == "csv" else accounts_xlsx)(session, world.ours, query, out)
    if kind == "csv":
        found = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    else:
        lines = list(openpyxl.load_workbook(out).active.iter_rows(values_only=True))
        found = [
            dict(zip(lines[0], ["" if each is None else str(each) for each in line], strict=True)) for line in lines[1:]
        ]
    assert len(found) == written
    return found


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_holds_what_is_filtered_and_no_formula(world: World, kind: str) -> None:
    made = make(world.ours, accounts=["=1+1", "Birch Ltd", "Cedar Ltd"], seats={"a-1": 3})
    make(world.theirs)
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")], "a-2": [("c-2", 0.6, "suggest")]})
    rows = exported(world, kind)
    assert [row["account_id"] for row in rows] == ["a-1", "a-2"]
    assert rows[0]["account"] == ("'=1+1" if kind == "csv" else "=1+1")
    assert (rows[0]["seats"], float(rows[0]["confidence"]), rows[0]["client_id"]) == ("3", 0.9, "c-1")
    assert [row["account_id"] for row in exported(world, kind, band="from-0.8")] == ["a-1"]
    assert [row["account"] for row in exported(world, kind, q="birch", tab="review")] == ["Birch Ltd"]
    assert [row["account"] for row in exported(world, kind, tab="unmapped")] == ["Cedar Ltd"]
    assert exported(world, kind, integration="999999") == []


def test_a_workbook_keeps_texts_as_texts(world: World) -> None:
    made = make(world.ours, accounts=["=HYPERLINK(1)"])
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        accounts_xlsx(session, world.ours, AccountQuery(), out)
    cell = openpyxl.load_workbook(out).active.cell(2, COLUMNS.index("account") + 1)
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_more_than_one_page_is_written_once_each(world: World) -> None:
    made = make(world.ours, accounts=[f"Account {n:04}" for n in range(1203)])
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    decide(world.ours, made.accounts["a-1"], Verdict.EXCLUDE, note="=cmd()")
    names = [row["account"] for row in exported(world, "csv", tab="unmapped")]
    assert names == sorted(names)
    assert len(set(names)) == 1202
    (row,) = exported(world, "csv", tab="excluded", mark="person")
    assert (row["note"], row["decided_how"]) == ("'=cmd()", "person")


@pytest.mark.parametrize("params", [{"tab": "x"}, {"mark": "x"}, {"integration": "-1"}, {"band": "zzz"}, {}])
def test_what_is_no_value_filters_nothing(params: dict[str, str]) -> None:
    query = AccountQuery.from_params(params)
    assert (query.tab, query.mark, query.connection_id) == (Tab.REVIEW, None, None)
    assert AccountQuery.from_params({"tab": "mapped", "mark": "model"}).mark is Mark.BY_MODEL
