"""Workbooks are inflated under limits before parsing; cells without a value are found on the way."""

from __future__ import annotations

import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import FileRefused, Limits, open_source
from connectors.files.limits import DEFAULT_LIMITS, MIB
from connectors.files.workbook_scan import column_letters, column_number, scan_workbook
from tests.connectors.files.making import run, write_xlsx

WORKBOOK = (
    '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="S &amp; T" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'


def make(path: Path, sheet: bytes, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def sheet_of(rows: str) -> bytes:
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = make(tmp_path / "bomb.xlsx", sheet_of(" " * (64 * MIB)))
    assert path.stat().st_size < MIB

    with pytest.raises(FileRefused, match="zip bomb"):
        open_source(path)


def test_a_zip_bomb_in_any_part_is_refused_by_its_total(tmp_path: Path) -> None:
    path = make(tmp_path / "bomb.xlsx", sheet_of(""), **{"xl/media/image1.png": bytes(3 * MIB)})

    with pytest.raises(FileRefused, match="zip bomb"):
        open_source(path, limits=Limits(max_unpacked_bytes=2 * MIB))


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_inflates(tmp_path: Path) -> None:
    path = make(tmp_path / "liar.xlsx", sheet_of(" " * (64 * MIB)))
    data = path.read_bytes()
    # Declare 100 bytes in the local header and in the central directory.
    real, small = struct.pack("<L", 64 * MIB + len(sheet_of(""))), struct.pack("<L", 100)
    assert data.count(real) >= 1
    path.write_bytes(data.replace(real, small))

    with pytest.raises(FileRefused, match="zip bomb"):
        open_source(path)


def test_a_part_that_is_larger_than_declared_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "liar.xlsx", sheet_of('<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 70_001))
    data = path.read_bytes()
    size = struct.pack("<L", len(sheet_of('<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 70_001)))
    path.write_bytes(data.replace(size, struct.pack("<L", 50)))

    with pytest.raises(FileRefused, match="but declares 50"):
        open_source(path)


def test_damaged_compression_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [[f"row {n}", n * 1.5] for n in range(2000)])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    data[start + 120 : start + 400] = bytes(280)
    path.write_bytes(data)

    with pytest.raises(FileRefused, match="damaged"):
        open_source(path)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>', "column XFD"),
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>', "1,048,576"),
        ('<row r="1"><c r="SF1"><v>1</v></c></row><row r="999999"><c r="A999999"><v>1</v></c></row>', "cells"),
        ("<row>" + "<c><v>1</v></c>" * 600 + "</row>", "600 columns"),
        ("<x:row><x:c r='XFD1'><x:v>1</x:v></x:c></x:row>", "column XFD"),
    ],
)
def test_a_few_cells_cannot_span_a_huge_sheet(tmp_path: Path, rows: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        open_source(make(tmp_path / "a.xlsx", sheet_of(rows)))


def test_formulas_without_a_result_and_errors_are_cell_problems(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Lines"
    page.append(["client_id", "client_name", "line_id", "product_code", "quantity", "note"])
    page.append(["C1", "Acme", "L1", "P1", "=1+1", "formulas are saved without results here"])
    page.append(["C1", "Acme", "L2", "P1", 5, "good"])
    page.append(["C1", "Acme", "L3", "P1", 6, "=A1"])
    page["E5"], page["A5"], page["C5"], page["D5"] = 7, "C1", "L4", "P1"
    page["B5"] = "#REF!"
    page["B5"].data_type = "e"
    book.save(path)

    outcome = run(path)

    assert [(p.row, p.column, p.severity) for p in outcome.problems] == [
        (2, "quantity", "error"),
        (4, "note", "warning"),
        (5, "client_name", "error"),
    ]
    assert "formula that was saved without its result" in outcome.problems[0].message
    assert "#REF!" in outcome.problems[2].message
    assert outcome.problems[0].sheet == "Lines"
    assert (outcome.conversion.rows_converted, outcome.conversion.rows_refused) == (2, 2)


def test_a_formula_with_a_saved_result_is_its_result(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["client_id", "client_name", "line_id", "product_code", "quantity"])
        page.write_row(1, 0, ["C1", "Acme", "L1", "P1"])
        page.write_formula(1, 4, "=6*7", None, 42)

    outcome = run(path)

    assert not outcome.problems
    assert [getattr(record, "quantity", None) for record in outcome.records][-1] == 42


@given(st.integers(1, 20_000))
def test_column_letters_and_numbers_are_inverse(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_the_sheet_name_is_read_with_its_entities(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="B2" t="e"><v>#DIV/0!</v></c></row>'

    scans = scan_workbook(make(tmp_path / "a.xlsx", sheet_of(rows)), DEFAULT_LIMITS)

    assert scans["S & T"].marked == {(2, 2): "#DIV/0!"}
    assert (scans["S & T"].rows, scans["S & T"].columns) == (2, 2)


@pytest.mark.parametrize("piece", ["<c ", '<c t="e">', '<c r="A1" t="e"><v>', '<c r="A1"><f>', "<c r='A1' "])
def test_hostile_markup_is_scanned_in_linear_time(tmp_path: Path, piece: str) -> None:
    started = time.process_time()
    with pytest.raises(FileRefused):
        open_source(make(tmp_path / "a.xlsx", sheet_of(piece * (4 * MIB // len(piece)))))

    assert time.process_time() - started < 10


def test_a_table_of_contents_that_points_before_the_file_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    (offset,) = struct.unpack_from("<L", data, end + 16)
    struct.pack_into("<L", data, end + 16, offset + 1000)
    path.write_bytes(data)

    with pytest.raises(FileRefused, match="damaged"):
        open_source(path)
