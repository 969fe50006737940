"""Lists from files: what is read, what is refused and with which words, what is written."""

import io
from pathlib import Path

import pytest
import xlsxwriter

from matching.engine import match
from matching.files import FileError, read_parties, read_services, write_suggestions
from matching.types import Candidate, Party, Reason, Suggestion


def file(tmp_path: Path, content: str | bytes, name: str = "left.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_all_columns_of_a_client(tmp_path: Path) -> None:
    text = (
        "\ufeffid,Name,domain,emails,phone,address,city,region,postcode,country,alias,owner\r\n"
        '7,"Acme, Inc.",acme.com,a@x.com; b@y.com,312 555 0199,1 Main,Chicago,IL,60601,US,Acme Dental;AD,Kim\r\n\r\n'
    )
    assert read_parties(file(tmp_path, text)) == [
        Party(
            "7",
            "Acme, Inc.",
            "acme.com",
            ("a@x.com", "b@y.com"),
            "312 555 0199",
            "1 Main",
            "Chicago",
            "IL",
            "60601",
            "US",
            ("Acme Dental", "AD"),
            attributes={"owner": "Kim"},
        )
    ]


def test_services_and_a_semicolon_file(tmp_path: Path) -> None:
    found = read_services(file(tmp_path, "id;name;sku;unit;price\n1;Office 365 E3;ENTERPRISEPACK;user;20,00\n"))
    assert (found[0].sku, found[0].unit, found[0].attributes) == ("ENTERPRISEPACK", "user", {"price": "20,00"})


def test_a_spreadsheet_reads_like_its_csv(tmp_path: Path) -> None:
    path = tmp_path / "left.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for row, cells in enumerate([["id", "name", "postcode"], [17, "Acme", 60601], ["B2", "Contoso", "00601"]]):
        sheet.write_row(row, 0, cells)
    book.close()
    assert [(p.id, p.name, p.postcode) for p in read_parties(path)] == [
        ("17", "Acme", "60601"),
        ("B2", "Contoso", "00601"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"left\.csv: is empty"),
        ("  \n", r"left\.csv: is empty"),
        ("id,title\n1,x\n", r"left\.csv, line 1, column 'name': is missing from the header, which has 'id', 'title'"),
        ("id,name,id\n1,x,2\n", r"line 1, column 'id': stands in the header more than once"),
        ("id,name\n1,x\n\n1,y\n", r"line 4, column 'id': '1' was used on line 2 already"),
        ("id,name\n1,x\n ,y\n", r"line 3, column 'id': is empty"),
        ("id,name\n1,\n", r"line 2, column 'name': is empty"),
        ("id,name\n1,Acme, Inc.\n", r"line 2: has 3 values, the header names 2"),
        ('id,name\n1,"Acme\n', r"line 2: is not well-formed CSV"),
        (b"id,name\n1,Caf\xe9\n", r"line 2: is not UTF-8 text; save it as CSV UTF-8"),
        (b"\x89PNG\x00\x00\x01\x02", r"is a binary file"),
        (b"PK\x03\x04garbage", r"binary|not UTF-8|header"),
    ],
)
def test_refusals_name_the_place_and_the_remedy(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_parties(file(tmp_path, content))


def test_a_zip_that_is_no_spreadsheet_and_a_missing_file(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "left.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(FileError, match="not a readable spreadsheet"):
        read_parties(path)
    with pytest.raises(FileError, match="no such file"):
        read_parties(tmp_path / "nothing.csv")


def test_lines_are_counted_across_quoted_line_breaks(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="line 4, column 'name'"):
        read_parties(file(tmp_path, 'id,name\n1,"two\nlines"\n2,\n'))


def written(suggestions: list[Suggestion], top_n: int = 1) -> list[str]:
    stream = io.StringIO()
    write_suggestions(stream, suggestions, top_n)
    return stream.getvalue().splitlines()


def test_suggestions_out() -> None:
    why = (Reason("name", "Names are alike (100 %)", "A", "A", 3.0), Reason("city", "City equal", "X", "X", 1.0))
    two = (Candidate("r1", 0.98765, 1, "preselect", why), Candidate("r2", 0.2, 2, "compare"))
    found = [Suggestion("1", "preselect", two), Suggestion("2", "none", (Candidate("r9", 0.3, 1, "compare"),))]
    head = "left_id,right_id,confidence,verdict,reasons"
    assert written(found) == [head, "1,r1,0.9877,preselect,Names are alike (100 %); City equal", "2,,,none,"]
    assert written(found, 2)[2] == "1,r2,0.2000,compare,"


def test_written_twice_is_the_same_file(tmp_path: Path) -> None:
    left = [Party("1", "Acme Dental"), Party("2", "Contoso")]
    right = [Party("a", "Acme Dental LLC"), Party("b", "Contoso GmbH")]
    for name in ("one.csv", "two.csv"):
        write_suggestions(tmp_path / name, match(left, right))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (tmp_path / "one.csv").read_text().count("\n") == 3
