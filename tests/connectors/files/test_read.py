"""Rows come with the line or row numbers a person sees, whatever the delimiter, quoting or sheet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.files import FileRefused, ProfileMismatch, open_source
from tests.connectors.files.making import write_csv, write_xlsx


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(tmp_path: Path, delimiter: str) -> None:
    rows = [["name", "price", "note"], ["a", "b c", "x"], ["d", "e", "y"]]
    path = write_csv(tmp_path / "a.csv", "\n".join(delimiter.join(row) for row in rows))

    source = open_source(path)

    assert source.delimiter == delimiter
    assert [cells for _, cells in source.rows()] == rows


def test_decimal_commas_do_not_win_over_semicolons(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "name;price;cost\n" + "a;1,50;0,25\n" * 30)

    assert open_source(path).delimiter == ";"


def test_a_separator_line_of_excel_is_obeyed_and_skipped(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "sep=|\r\na|b,c\r\n1|2,3\r\n")

    assert list(open_source(path).rows()) == [(2, ["a", "b,c"]), (3, ["1", "2,3"])]


def test_quoted_line_breaks_keep_physical_line_numbers(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", 'a,b\n"one\ntwo\nthree",1\nx,"say ""hi"""\n')

    assert list(open_source(path).rows()) == [(1, ["a", "b"]), (2, ["one\ntwo\nthree", "1"]), (5, ["x", 'say "hi"'])]


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [('a,b\n1,2\n3,"open\n4,5\n', 3, "never closed"), ('a,b\n1,"x"y\n', 2, "followed by other text")],
)
def test_broken_quoting_names_the_row(tmp_path: Path, text: str, row: int, reason: str) -> None:
    with pytest.raises(FileRefused) as caught:
        list(open_source(write_csv(tmp_path / "a.csv", text)).rows())

    assert caught.value.problems[0].row == row
    assert reason in caught.value.problems[0].message


def test_workbook_rows_keep_excel_numbers_and_columns(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [[None], [None, "name", "since"], [None], [None, "x", date(2025, 5, 1)]])

    rows = [(number, cells) for number, cells in open_source(path).rows() if any(cells)]

    assert rows == [(2, ["", "name", "since"]), (4, ["", "x", date(2025, 5, 1)])]


def test_an_unknown_sheet_names_the_sheets_there_are(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["a"], [1]], sheet="Usage")

    with pytest.raises(ProfileMismatch, match=r"no sheet .Other.*Usage"):
        list(open_source(path).rows("Other"))
