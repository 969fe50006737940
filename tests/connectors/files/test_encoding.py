"""The encoding is proved by decoding every byte; what cannot be decoded is named by byte offset and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import FileRefused, open_source
from connectors.files.encoding import detect_encoding

TEXT = "client,city\r\nMüller & Söhne,Köln\r\nCafé Zoë,Orléans – Nord\r\n"


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_common_encodings_are_recognised_and_read_back(tmp_path: Path, codec: str, found: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(codec))

    source = open_source(path)

    assert source.encoding == found
    assert [cells for _, cells in source.rows()] == [line.split(",") for line in TEXT.splitlines()]


def test_a_latin1_file_is_read_through_its_superset(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("name,city\nJosé,Málaga\n".encode("latin-1"))

    assert list(open_source(path).rows())[1] == (2, ["José", "Málaga"])


def test_cyrillic_windows_text_is_told_from_western(tmp_path: Path) -> None:
    rows = ["Клиент,Город"] + [f"Общество с ограниченной ответственностью Ромашка {n},Москва" for n in range(40)]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(rows).encode("cp1251"))

    assert next(open_source(path).rows()) == (1, ["Клиент", "Город"])


def test_a_damaged_utf8_file_names_offset_and_line(tmp_path: Path) -> None:
    good = "client,city\nMüller,Köln\nJürgen,Düsseldorf\nBjörn,Malmö\n".encode()
    bad = good + b"Zo\xff,Bonn\n"
    path = tmp_path / "a.csv"
    path.write_bytes(bad)

    with pytest.raises(FileRefused) as caught:
        detect_encoding(path)

    problem = caught.value.problems[0]
    assert problem.row == 5
    assert f"Byte {len(good) + 2} (line 5) is 0xFF" in problem.message
    assert "UTF-8" in problem.message


def test_one_broken_letter_beside_one_good_one_is_damage_not_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("client,city\nMüller,Berlin\n".encode() + b"Caf\xc3(,Bonn\n")

    with pytest.raises(FileRefused, match="line 3"):
        detect_encoding(path)


def test_an_offset_beyond_the_first_chunk_is_counted_from_the_start(tmp_path: Path) -> None:
    filler = "ä,b\n".encode() * 300_000
    path = tmp_path / "a.csv"
    path.write_bytes(filler + b"x\xc3(,y\n")

    with pytest.raises(FileRefused) as caught:
        detect_encoding(path)

    assert f"Byte {len(filler) + 1} (line 300001)" in caught.value.problems[0].message


def test_an_encoding_the_user_states_is_held_strictly(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\né,1\n".encode("cp1252"))

    assert detect_encoding(path, "cp1252").encoding == "cp1252"
    with pytest.raises(FileRefused, match=r"Byte 4 \(line 2\) is 0xE9"):
        detect_encoding(path, "utf-8")
    with pytest.raises(FileRefused, match="not an encoding"):
        detect_encoding(path, "no-such")


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60), final=st.booleans())
def test_lines_are_counted_as_a_reader_counts_them(
    tmp_path_factory: pytest.TempPathFactory, text: str, final: bool
) -> None:
    content = f"head\r\n{text}\nmiddle\rlast" + ("\n" if final else "")
    path = tmp_path_factory.mktemp("lines") / "a.csv"
    path.write_bytes(content.encode())

    facts = detect_encoding(path, "utf-8")

    assert facts.is_terminated is final
    assert facts.lines == 3 + final
