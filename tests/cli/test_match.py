"""`rcx match` keeps its contract: one row a left record, data on stdout, bad input told by its place."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from rcx_app import cli


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    left, right = tmp_path / "left.csv", tmp_path / "right.csv"
    left.write_text("id,name,domain\n1,Brightwater Dental Group,brightwater.example\n2,Zephyr Quarry\n")
    right.write_text("id,name\na,Brightwater Dental Grp.\nb,Oakridge Academy\n")
    return [str(left), str(right)]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_suggestions_go_to_stdout_and_nothing_else_does(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["match", *files]) == 0
    out, err = capsys.readouterr()
    first, second = rows(out)
    assert list(first) == ["left_id", "right_id", "confidence", "verdict", "reasons"]
    assert (first["left_id"], first["right_id"], first["verdict"]) == ("1", "a", "preselect")
    assert first["reasons"]
    assert 0 <= float(first["confidence"]) <= 1
    assert (second["left_id"], second["right_id"], second["verdict"]) == ("2", "", "none")
    assert err == ""


def test_suggestions_can_go_to_a_file(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.csv"
    assert cli.run(["match", *files, "--out", str(target)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "1 of 2" in err
    assert [row["left_id"] for row in rows(target.read_text())] == ["1", "2"]
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.csv"]


def test_services_are_matched_by_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left, right = tmp_path / "left.csv", tmp_path / "right.csv"
    left.write_text("id,name,sku\nx,O365_BUSINESS_PREMIUM,\n")
    right.write_text("id,name\nm,Microsoft 365 Business Standard\nn,Microsoft 365 Business Premium\n")
    assert cli.run(["match", str(left), str(right), "--kind", "service"]) == 0
    (row,) = rows(capsys.readouterr().out)
    assert row["right_id"] == "m"


def test_more_candidates_are_given_where_they_are_asked_for(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(files[1]).write_text("id,name\na,Brightwater Dental Group\nb,Brightwater Dental Group East\n")
    assert cli.run(["match", *files, "--top", "2"]) == 0
    found = [row for row in rows(capsys.readouterr().out) if row["left_id"] == "1"]
    assert [row["right_id"] for row in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id\n1\n", "column 'name'"),
        ("id,name\n1,A\n1,B\n", "line 3"),
        ("id,name\n1,\n", "line 2"),
        ("", "is empty"),
    ],
)
def test_a_bad_file_is_told_by_its_place(
    files: list[str], capsys: pytest.CaptureFixture[str], content: str, says: str
) -> None:
    Path(files[1]).write_text(content)
    assert cli.run(["match", *files]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "right.csv" in err
    assert says in err


def test_a_file_that_is_not_there_is_wrong_usage(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["match", files[0], "no-such-file.csv"]) == 2
    assert "no-such-file.csv" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told_before_the_work(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["match", *files, "--out", str(tmp_path / "no" / "out.csv")]) == 1
    assert "There is no folder" in capsys.readouterr().err
