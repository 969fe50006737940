"""Unknown files are guessed by name and content with a confidence, and what stays open is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.files import FileRefused, guess
from tests.connectors.files.making import SAMPLES, run, write_csv


def columns_of(path: Path, **given: str) -> dict[str, str | None]:
    return {column.header: column.field for column in guess(path, **given).columns}  # type: ignore[arg-type]


def test_an_unknown_psa_export_is_read_by_general_words(tmp_path: Path) -> None:
    text = "Customer,Contract,Item,Qty,Price,Remark\n" + "Acme,Care,Desk,3,4.50,x\nBirch,Care,Desk,5,4.50,y\n"

    found = guess(write_csv(tmp_path / "a.csv", text))

    assert found.profile.shape == "generic_lines"
    assert 0.3 < found.confidence < 0.6
    assert found.profile.columns == {
        "Customer": "client_name",
        "Contract": "agreement_name",
        "Item": "product_name",
        "Qty": "quantity",
        "Price": "unit_price",
    }
    assert [(number, texts[0]) for number, texts in found.preview] == [(2, "Acme"), (3, "Birch")]
    assert "generic_usage" in [alternative.shape for alternative in found.alternatives]


def test_content_contradicting_a_name_is_not_believed(tmp_path: Path) -> None:
    text = "Customer,Item,Qty,Price\n" + "".join(f"Acme,Desk,see note {n},{n}.50\n" for n in range(9))

    found = guess(write_csv(tmp_path / "a.csv", text), shape="generic_lines")

    assert {column.header: column.field for column in found.columns}["Qty"] is None
    assert [problem.message for problem in found.problems] == ["A required column is missing: Quantity."]


def test_a_column_of_addresses_is_the_identity(tmp_path: Path) -> None:
    text = "Customer,Product Names,Benutzerkonto,Contact\n" + "".join(
        f"Acme,Mail,u{n}@acme.example,Ann\n" for n in range(5)
    )

    found = guess(write_csv(tmp_path / "a.csv", text), shape="generic_usage")

    guessed = {column.header: (column.field, column.confidence, column.content) for column in found.columns}
    assert guessed["Benutzerkonto"] == ("identity", 0.5, "email")
    assert guessed["Product Names"][0] == "sku_name"
    assert guessed["Product Names"][1] < 0.8
    assert guessed["Contact"][0] is None


def test_a_constant_account_makes_the_account_column_unnecessary(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "Username,License\nann@a.example,Mail\n")

    missing = guess(path, shape="generic_usage")
    outcome = run(path, missing.profile, account_from="constant", account_name="Acme")

    assert [problem.message for problem in missing.problems] == ["A required column is missing: Account or Account id."]
    assert (outcome.problems, outcome.conversion.rows_converted) == ([], 1)


@pytest.mark.parametrize(
    ("dates", "order", "severity"),
    [
        (("01/02/2026", "13/02/2026"), "dmy", None),
        (("01/02/2026", "02/13/2026"), "mdy", None),
        (("01/02/2026", "03/04/2026"), "auto", "warning"),
        (("01/02/2026", "13/02/2026", "02/13/2026"), "auto", None),
        (("2026-02-01", "05/05/2026"), "auto", None),
    ],
)
def test_the_order_of_day_and_month_is_decided_over_the_column(
    tmp_path: Path, dates: tuple[str, ...], order: str, severity: str | None
) -> None:
    rows = "".join(f"Acme,P{n},1,{day}\n" for n, day in enumerate(dates))
    path = write_csv(tmp_path / "a.csv", f"Customer,SKU,Qty,Start Date\n{rows}")

    found = guess(path, shape="generic_lines")

    assert found.profile.options.date_order == order
    assert [problem.severity for problem in found.problems] == ([severity] if severity else [])


def test_encoding_delimiter_and_rows_are_reported() -> None:
    found = guess(SAMPLES / "autotask_services.csv")

    assert (found.encoding, found.delimiter, found.expected_rows) == ("cp1252", ";", 4)
    assert found.profile.options.decimal == "comma"
    assert found.fingerprint == found.profile.fingerprint


def test_a_file_nobody_can_recognise_still_gives_a_guess(tmp_path: Path) -> None:
    found = guess(write_csv(tmp_path / "a.csv", "foo,bar\n1,2\n3,4\n"))

    assert (found.profile.shape, found.confidence) == ("generic_usage", 0.0)
    assert found.problems


def test_a_single_column_is_read(tmp_path: Path) -> None:
    found = guess(write_csv(tmp_path / "a.csv", "name\nAcme\nBirch\n"))

    assert [column.header for column in found.columns] == ["name"]


def test_short_rows_do_not_disturb_guessing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "Organization,System Name,Device Type,Last Contact,Location\nAcme,x\n")

    assert guess(path).profile.shape == "ninjaone_devices"


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="empty"):
        guess(write_csv(tmp_path / "a.csv", "\n\n"))
