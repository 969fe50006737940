"""Files that are no exports are refused with the reason and a remedy before anything parses them."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from connectors.files import FileRefused, Limits, guess, open_source, read_lines
from connectors.files.sniff import sniff
from tests.connectors.files.making import LINES_HEADER, write_csv, write_xlsx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf\r\n  \n", "empty"),
        ("a.csv", bytes(range(256)) * 40, "binary"),
        ("a.csv", b"\x00\x01\x02\x03" * 500, "binary"),
        ("a.csv", b"%PDF-1.7\n...", "PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
        ("a.csv", gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip"),
        ("a.xls", OLE, "old Excel format"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "HTML"),
        ("a.csv", b"  <!DOCTYPE html><html>", "HTML"),
        ("a.csv", b'<?xml version="1.0"?><Workbook/>', "XML"),
        ("a.csv", b'[{"id": 1}]', "JSON"),
        ("a.xlsx", b"a,b\n1,2\n", "not an Excel workbook"),
    ],
)
def test_content_that_is_no_table_is_refused_with_reason_and_remedy(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(FileRefused) as caught:
        sniff(path)

    problem = caught.value.problems[0]
    assert problem.file == name
    assert reason in problem.message
    assert problem.remedy


def test_a_workbook_named_csv_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "real.xlsx", [["a", "b"], [1, 2]]).rename(tmp_path / "export.csv")

    with pytest.raises(FileRefused, match="Excel workbook"):
        open_source(path)


def test_a_workbook_without_a_suffix_is_read_by_its_content(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "real.xlsx", [["a", "b"], [1, 2]]).rename(tmp_path / "upload-1f3a")

    assert open_source(path).format == "xlsx"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"gone\.csv.*No such file"):
        guess(tmp_path / "gone.csv")


def test_a_file_above_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 1000)

    with pytest.raises(FileRefused, match="limit is 0 MiB"):
        open_source(path, limits=Limits(max_bytes=1000))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_truncated_workbook_is_refused(tmp_path: Path, kept: float) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["a", "b"], *[[f"text {n}", n] for n in range(500)]])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])

    with pytest.raises(FileRefused, match="cut off or damaged"):
        open_source(path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(FileRefused, match="not an Excel workbook"):
        open_source(path)


def test_a_thousand_columns_are_refused_clearly(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(1000)]
    as_csv = write_csv(tmp_path / "a.csv", ",".join(names) + "\n" + ",".join("1" * 1000) + "\n")
    as_xlsx = write_xlsx(tmp_path / "a.xlsx", [names, list(range(1000))])

    for path in (as_csv, as_xlsx):
        with pytest.raises(FileRefused, match=r"1,000 columns.*limit is 500"):
            guess(path)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 300)

    with pytest.raises(FileRefused, match="more than 100 rows"):
        list(open_source(path, limits=Limits(max_rows=100)).rows())


def test_an_export_without_rows_is_no_error(tmp_path: Path) -> None:
    assert read_lines(write_csv(tmp_path / "a.csv", LINES_HEADER + "\n")).lines == ()
