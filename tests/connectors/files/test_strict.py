"""RCX's own formats for the command line: everything converted, or one error with every problem."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.files import FileError, RowsRefused, read_clients, read_lines, read_mapping, read_seats
from tests.connectors.files.making import LINES_HEADER, SAMPLES, SEATS_HEADER, write_csv, write_xlsx


def test_a_lines_file_becomes_lines_with_their_parents() -> None:
    found = read_lines(SAMPLES / "rcx_lines.csv")

    assert [client.name for client in found.clients] == ["Acme Dental", "Birch, Cole & Sons"]
    assert [agreement.external_id for agreement in found.agreements] == ["A1", "A2"]
    line = found.lines[0]
    assert (line.external_id, line.quantity, line.unit_price, line.currency) == ("L1", 20, Decimal("4.00"), "USD")
    assert (line.effective_date, line.cancelled_date, line.billing_cycle) == (date(2025, 1, 1), None, "monthly")
    assert line.attributes == {"site": "Main Street"}
    assert (found.lines[2].cancelled_date, found.lines[2].billing_cycle) == (date(2026, 1, 1), "annual")


def test_a_seats_file_labels_every_account_and_seat() -> None:
    found = read_seats(SAMPLES / "rcx_seats.csv")

    assert [(account.integration, account.external_id, account.name) for account in found.accounts] == [
        ("NinjaOne", "7", "Acme Dental"),
        ("Microsoft 365", "7", "Acme Tenant"),
    ]
    assert [seat.integration for seat in found.seats] == ["NinjaOne", "NinjaOne", "Microsoft 365"]
    assert found.seats[0].last_seen_at == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert found.seats[1].created_at == datetime(2024, 2, 1, 9, tzinfo=UTC)
    assert (found.seats[0].quantity, found.seats[2].quantity) == (None, 1)
    assert [sku.external_id for sku in found.skus] == ["SPB"]


def test_mapping_and_clients_files() -> None:
    rows = read_mapping(SAMPLES / "rcx_mapping.csv")
    assert [(row.integration, row.account_id, row.client_id) for row in rows][-1] == ("NinjaOne", "99", "")
    clients = read_clients(SAMPLES / "rcx_clients.csv")
    assert clients[0].external_id == "0012"
    assert clients[0].emails == ("office@acmedental.example", "dr@acmedental.example")
    assert clients[0].aliases == ("Acme Family Dental", "Acme Dentistry")


def test_the_same_file_as_a_workbook_reads_the_same(tmp_path: Path) -> None:
    header = LINES_HEADER.split(",")
    path = write_xlsx(
        tmp_path / "lines.xlsx",
        [header, [12, "Acme", "007", "P1", 3, 4.25, "USD", date(2025, 5, 1)], ["C2", "B", 8.0, "P2", "4", "1", "", ""]],
    )

    found = read_lines(path)

    assert [(line.client_external_id, line.external_id) for line in found.lines] == [("12", "007"), ("C2", "8")]
    assert (found.lines[0].unit_price, found.lines[0].effective_date) == (Decimal("4.25"), date(2025, 5, 1))


def test_all_bad_cells_come_in_one_error_with_line_column_and_remedy(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "lines.csv",
        f"{LINES_HEADER}\n"
        "C1,Acme,L1,P1,2,1.50,USD,2025-01-01\n"
        "C1,Acme,L2,P1,twelve,1.50,USD,01/31/2025\n"
        'C1,"Acme\nDental",L3,,2,1.50,USD,2025-01-01\n'
        "C1,Acme,L1,P1,2,1.50,USD,2025-01-01\n"
        'C1,Acme,L4,P1,2,"1,50",Dollar,2025-01-01\n',
    )

    with pytest.raises(RowsRefused) as caught:
        read_lines(path)

    found = [(problem.row, problem.column, problem.value) for problem in caught.value.problems]
    assert found == [
        (3, "quantity", "twelve"),
        (3, "effective_date", "01/31/2025"),
        (4, "product_code", ""),
        (6, "line_id", "L1"),
        (7, "unit_price", "1,50"),
    ]
    assert all(problem.file == "lines.csv" and problem.remedy for problem in caught.value.problems)
    assert "row 2 and again in row 6" in caught.value.problems[3].message
    assert "lines.csv, row 3, column quantity: A number is needed here." in str(caught.value)


@pytest.mark.parametrize("column", ["client_id", "line_id", "product_code", "quantity"])
def test_a_missing_required_column_is_named(tmp_path: Path, column: str) -> None:
    names = LINES_HEADER.split(",")
    at = names.index(column)
    row = ["C1", "Acme", "L1", "P1", "2", "1.50", "USD", "2025-01-01"]
    text = ",".join(names[:at] + names[at + 1 :]) + "\n" + ",".join(row[:at] + row[at + 1 :]) + "\n"

    with pytest.raises(FileError) as caught:
        read_lines(write_csv(tmp_path / "a.csv", text))

    assert caught.value.problems[0].message == f"A required column is missing: {column}."


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("NinjaOne,7,Acme,s1,spaceship,,x,active,,", "kind"),
        ("NinjaOne,7,Acme,s1,device,,x,sleeping,,", "status"),
        ("NinjaOne,7,Acme,,device,,x,active,,", "seat_id"),
        (",7,Acme,s1,device,,x,active,,", "integration"),
        ("NinjaOne,,Acme,s1,device,,x,active,,", "account_id"),
        ("NinjaOne,7,Acme,s1,device,,x,active,many,", "quantity"),
        ("NinjaOne,7,Acme,s1,device,,x,active,,yesterday", "last_seen_at"),
    ],
)
def test_bad_seats_are_named_by_column(tmp_path: Path, row: str, column: str) -> None:
    with pytest.raises(RowsRefused) as caught:
        read_seats(write_csv(tmp_path / "seats.csv", f"{SEATS_HEADER}\n{row}\n"))

    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(2, column)]


def test_a_seat_id_may_repeat_only_across_integrations(tmp_path: Path) -> None:
    rows = "A,1,x,s1,user,,,active,,\nB,1,x,s1,user,,,active,,\nA,2,y,s1,user,,,active,,\n"

    with pytest.raises(RowsRefused) as caught:
        read_seats(write_csv(tmp_path / "seats.csv", f"{SEATS_HEADER}\n{rows}"))

    assert [problem.row for problem in caught.value.problems] == [4]


def test_a_mapping_that_maps_an_account_twice_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", "integration,account_id,client_id\nA,1,C1\nA,1,C2\n")

    with pytest.raises(RowsRefused, match="row 2 and again in row 3"):
        read_mapping(path)


def test_a_file_without_rows_and_one_that_is_not_utf8_are_read_with_a_warning(tmp_path: Path) -> None:
    empty, western = tmp_path / "lines.csv", tmp_path / "western.csv"
    empty.write_text(f"{LINES_HEADER}\n")
    western.write_bytes(f"{LINES_HEADER}\nC1,Café,L1,X,1,,,\n".encode("cp1252"))

    assert [str(each) for each in read_lines(empty).warnings] == [
        "lines.csv: The file has a header and no rows. Export it again if there should be some."
    ]
    found = read_lines(western)
    assert found.clients[0].name == "Café"
    assert ["read as CP1252" in str(each) for each in found.warnings] == [True]
