"""The header is found under titles, its columns are named once, and its fingerprint survives small changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import FileRefused, fingerprint, guess, open_source
from connectors.files.header import read_header
from tests.connectors.files.making import LINES_HEADER, run, write_csv, write_xlsx


def test_titles_and_blank_lines_above_the_header_are_passed(tmp_path: Path) -> None:
    text = (
        f"Recurring lines\n\nExported by,Ann\nAs of,2026-11-01\n\n{LINES_HEADER}\nC1,Acme,L1,P1,2,1.5,USD,2025-01-01\n"
    )

    outcome = run(write_csv(tmp_path / "a.csv", text))

    assert outcome.conversion.header.row == 6
    assert (outcome.conversion.rows_read, outcome.problems) == (1, [])


def test_a_header_of_unknown_words_is_found_by_its_shape(tmp_path: Path) -> None:
    rows = "".join(f"{n},thing {n},{n * 2}\n" for n in range(20))
    path = write_csv(tmp_path / "a.csv", f"Quarterly figures,,\nFoo,Bar,Baz\n{rows}")

    assert guess(path).profile.header_row == 2


def test_a_duplicated_header_names_both_columns(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "client_id,Quantity,product_code,quantity \n1,2,3,4\n")

    with pytest.raises(FileRefused) as caught:
        guess(path)

    problem = caught.value.problems[0]
    assert 'Columns B and D are both called "quantity"' in problem.message
    assert (problem.row, problem.column) == (1, "quantity")


def test_columns_without_a_name_keep_their_letter(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", f",{LINES_HEADER},\nnote,C1,Acme,L1,P1,2,1.5,USD,2025-01-01,\n")

    outcome = run(path)

    assert not outcome.problems
    assert outcome.conversion.header.names[0] == "column A"
    assert outcome.records[-1].attributes == {"column A": "note"}  # type: ignore[union-attr]


def test_a_header_in_a_workbook_sheet_that_is_not_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("About").write_row(0, 0, ["This workbook was exported on", "Monday"])
        page = book.add_worksheet("Lines")
        page.write_row(3, 2, LINES_HEADER.split(","))
        page.write_row(4, 2, ["C1", "Acme", "L1", "P1", 2, 1.5, "USD", "2025-01-01"])

    found = guess(path)

    assert (found.profile.sheet, found.profile.header_row, found.sheets) == ("Lines", 4, ("About", "Lines"))
    assert run(path).conversion.rows_converted == 1


def test_a_row_that_does_not_exist_is_no_header(tmp_path: Path) -> None:
    source = open_source(write_xlsx(tmp_path / "a.xlsx", [["a", "b"]]))

    with pytest.raises(FileRefused, match="no row 9"):
        read_header(source, "Export", 9)


@given(st.lists(st.sampled_from(["Client", "Unit Price", "Qty", "SKU", "Start Date"]), unique=True, min_size=1))
def test_a_fingerprint_ignores_order_case_and_punctuation(names: list[str]) -> None:
    changed = [name.upper().replace(" ", "_") for name in reversed(names)]

    assert fingerprint(names) == fingerprint([*changed, "column F"])
    assert fingerprint(names) != fingerprint([*names, "Another"])
