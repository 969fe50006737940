"""Good rows are converted, bad rows are named cell by cell, and none of either is ever lost."""

from __future__ import annotations

import csv
import tracemalloc
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import FileRefused, Problem, ProfileMismatch, convert, guess
from connectors.records import Account, Agreement, Client, Line, Seat
from tests.connectors.files.making import LINES_HEADER, run, write_csv, write_xlsx

GENERIC = "Customer,SKU,Qty,Price,Start Date"


def generic(tmp_path: Path, *rows: str) -> Path:
    return write_csv(tmp_path / "a.csv", "\n".join((GENERIC, *rows, "")))


CELLS = st.sampled_from(
    ["", " ", "C1", "C2", "12", "1.5", "1,5", "-3", "x", "=1+1", "2025-01-31", "31/01/2025", "USD", '"']
)


@given(st.lists(st.lists(CELLS, min_size=0, max_size=10), max_size=25))
def test_rows_in_are_rows_converted_plus_rows_with_problems(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path = write_csv(folder / "a.csv", "\n".join([LINES_HEADER, *quoted]) + "\n")
    profile = guess(path, header_row=1, shape="rcx_lines").profile

    conversion = convert(path, profile)
    items = list(conversion)

    lines = [item for item in items if isinstance(item, Line)]
    bad_rows = {item.row for item in items if isinstance(item, Problem) and item.severity == "error"}
    filled = [number for number, row in enumerate(rows, 2) if any(cell.strip() for cell in row)]
    assert conversion.rows_read == len(filled) == conversion.rows_converted + conversion.rows_refused
    assert len(lines) == conversion.rows_converted
    assert len(bad_rows) == conversion.rows_refused
    assert bad_rows <= set(filled)
    assert conversion.errors + conversion.warnings == sum(isinstance(item, Problem) for item in items)


@given(
    st.lists(
        st.tuples(
            st.text(
                st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
            ),
            st.decimals(min_value=0, max_value=10**9, places=3, allow_nan=False, allow_infinity=False),
            st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Decimal, date]]
) -> None:
    path = tmp_path_factory.mktemp("trip") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(LINES_HEADER.split(","))
        for n, (name, number, day) in enumerate(rows):
            writer.writerow(["C1", "Acme", f"L{n}", name, number, number, "USD", day.isoformat()])

    outcome = run(path, guess(path, header_row=1, shape="rcx_lines").profile)

    read = [(line.product_code, line.quantity, line.effective_date) for line in outcome.only(Line)]
    assert outcome.problems == []
    assert read == rows


def test_every_bad_cell_of_a_row_is_named_and_good_rows_come_through(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, "Acme,P1,2,3.50,2025-01-31", "Acme,P2,two,free,soon", "Birch,P1,4,3.50,2025-02-28"))

    assert [line.client_external_id for line in outcome.only(Line)] == ["name:acme", "name:birch"]
    assert [(p.row, p.column, p.value) for p in outcome.errors] == [
        (3, "Qty", "two"),
        (3, "Price", "free"),
        (3, "Start Date", "soon"),
    ]
    assert all(problem.remedy and problem.file == "a.csv" for problem in outcome.errors)


def test_a_bad_row_leaves_no_client_behind(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, "Acme,P1,2,1.50,", "Only bad,P2,two,1.50,"))

    assert [client.name for client in outcome.only(Client)] == ["Acme"]


def test_an_ambiguous_decimal_mark_is_asked_for_and_never_guessed(tmp_path: Path) -> None:
    path = generic(tmp_path, 'Acme,P1,"1,234",5,', "Acme,P2,3,5,")

    asked = run(path)
    as_point, as_comma = run(path, decimal="point"), run(path, decimal="comma")

    assert [(p.row, p.column) for p in asked.errors] == [(2, "Qty")]
    assert "Choose the decimal mark" in asked.errors[0].remedy
    assert [line.quantity for line in asked.only(Line)] == [3]
    assert as_point.only(Line)[0].quantity == 1234
    assert as_comma.only(Line)[0].quantity == Decimal("1.234")


def test_another_number_column_settles_the_decimal_mark(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, 'Acme,P1,"1,234",4.50,'))

    assert (outcome.problems, outcome.only(Line)[0].quantity) == ([], 1234)


def test_a_number_in_the_other_spelling_is_an_error(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, "Acme,P1,2,4.50,", "Acme,P2,2,4.75,", 'Acme,P3,2,"4,5",'))

    assert [(p.row, p.column) for p in outcome.errors] == [(4, "Price")]
    assert "decimal point of its column" in outcome.errors[0].message


def test_a_date_in_another_format_is_an_error(tmp_path: Path) -> None:
    outcome = run(
        generic(tmp_path, "Acme,P1,2,4.50,01/31/2025", "Acme,P2,2,4.50,02/28/2025", "Acme,P3,2,4.50,31.01.2025")
    )

    assert [(p.row, p.column, p.value) for p in outcome.errors] == [(4, "Start Date", "31.01.2025")]


def test_ambiguous_dates_are_read_with_one_warning_that_names_the_reading(tmp_path: Path) -> None:
    path = generic(tmp_path, "Acme,P1,2,4.50,03/04/2025", "Acme,P2,2,4.50,05/06/2025")

    read, other = run(path), run(path, date_order="dmy")

    assert [problem.severity for problem in read.problems] == ["warning"]
    assert "03/04/2025 is 2025-03-04" in read.problems[0].message
    assert [line.effective_date for line in read.only(Line)] == [date(2025, 3, 4), date(2025, 5, 6)]
    assert other.problems == []
    assert other.only(Line)[0].effective_date == date(2025, 4, 3)


def test_ids_keep_leading_zeros_and_lose_excel_decimals(tmp_path: Path) -> None:
    header = LINES_HEADER.split(",")
    as_text = write_csv(tmp_path / "a.csv", f"{LINES_HEADER}\n007,Acme,0012,P1,2,1,USD,\n")
    as_numbers = write_xlsx(tmp_path / "a.xlsx", [header, [7.0, "Acme", 12.0, "P1", 2, 1, "USD", None]])

    assert run(as_text).only(Line)[0].external_id == "0012"
    line = run(as_numbers).only(Line)[0]
    assert (line.client_external_id, line.external_id) == ("7", "12")


def test_an_id_mangled_by_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    outcome = run(write_csv(tmp_path / "a.csv", f"{LINES_HEADER}\nC1,Acme,1.23457E+11,P1,2,1,USD,\n"))

    assert [(p.column, p.value) for p in outcome.errors] == [("line_id", "1.23457E+11")]


def test_values_that_begin_with_an_equals_sign_stay_text(tmp_path: Path) -> None:
    row = 'C1,"=HYPERLINK(""http://x.example"")",L1,P1,2,1,USD,'
    csv_path = write_csv(tmp_path / "a.csv", f"{LINES_HEADER}\n{row}\n")
    xlsx_path = write_xlsx(
        tmp_path / "a.xlsx", [LINES_HEADER.split(","), ["C1", "=cmd|' /C calc'!A0", "L1", "P1", 2, 1, "USD", None]]
    )

    assert run(csv_path).only(Client)[0].name == '=HYPERLINK("http://x.example")'
    assert run(xlsx_path).only(Client)[0].name == "=cmd|' /C calc'!A0"


def test_a_row_with_too_many_cells_is_an_error(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, "Acme, Inc,P1,2,4.50,2025-01-31", "Birch,P1,2,4.50,2025-01-31,,"))

    assert [(p.row, p.severity) for p in outcome.problems] == [(2, "error")]
    assert "6 cells but the header has 5" in outcome.problems[0].message


def test_a_short_row_is_warned_of_and_a_cut_off_last_row_is_an_error(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", f"{GENERIC}\nAcme,P1,2,4.50\nBirch,P1,2")

    outcome = run(path)

    assert [(p.row, p.severity) for p in outcome.problems] == [(2, "warning"), (3, "error")]
    assert "cut off" in outcome.problems[1].message
    assert outcome.conversion.rows_converted == 1


def test_an_empty_quantity_is_not_zero(tmp_path: Path) -> None:
    outcome = run(generic(tmp_path, "Acme,P1,,4.50,", "Acme,P2,0,4.50,"))

    assert [(p.row, p.column) for p in outcome.errors] == [(2, "Qty")]
    assert outcome.only(Line)[0].quantity == 0


def test_two_lines_that_only_differ_in_order_get_stable_ids_and_a_warning(tmp_path: Path) -> None:
    path = generic(tmp_path, "Acme,P1,2,4.50,2025-01-31", "Acme,P1,7,4.50,2025-01-31")

    first, second = run(path), run(path)

    ids = [line.external_id for line in first.only(Line)]
    assert ids == ["name:acme/-/p1/2025-01-31", "name:acme/-/p1/2025-01-31#2"]
    assert ids == [line.external_id for line in second.only(Line)]
    assert [problem.row for problem in first.warnings] == [3]
    assert len(first.only(Agreement)) == 1


def test_a_cancelled_line_without_a_date_is_ended_and_said(tmp_path: Path) -> None:
    text = "Company,Agreement,Product ID,Description,Quantity,Price,Effective,Cancelled,Addition Status\n"
    path = write_csv(tmp_path / "a.csv", text + "Acme,Care,P1,Desk,2,1.50,2025-01-31,,Inactive\n")

    outcome = run(path, as_of=date(2026, 1, 1))

    assert outcome.only(Line)[0].cancelled_date == date(2026, 1, 1)
    assert "ended on 2026-01-01" in outcome.warnings[0].message


def test_one_account_id_with_two_names_is_warned_of(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "Tenant ID,Tenant,Username,SKU\n1,Acme,a@x.example,S\n1,Birch,b@x.example,S\n")

    outcome = run(path)

    assert [account.name for account in outcome.only(Account)] == ["Acme"]
    assert [(p.row, p.severity) for p in outcome.problems] == [(3, "warning")]


def test_seats_that_nothing_tells_apart_are_refused_unless_summed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "Customer,SKU,Quantity\nAcme,S1,3\nAcme,S1,4\nAcme,S2,1\n")
    profile = guess(path, shape="generic_usage").profile

    apart, summed = run(path, profile), run(path, profile, sum_by_sku=True)

    assert [problem.row for problem in apart.errors] == [3]
    assert "sum the seats by SKU" in apart.errors[0].remedy
    assert [(seat.sku, seat.quantity) for seat in summed.only(Seat)] == [("S1", 7), ("S2", 1)]


def test_an_unknown_status_counts_as_active_with_one_warning(tmp_path: Path) -> None:
    text = "Customer,Username,SKU,Status\nA,a@x.example,S,Frobbed\nA,b@x.example,S,Frobbed\nA,c@x.example,S,Removed\n"

    outcome = run(write_csv(tmp_path / "a.csv", text))

    assert [seat.status for seat in outcome.only(Seat)] == ["active", "active", "deleted"]
    assert [(p.row, p.value, p.severity) for p in outcome.problems] == [(2, "Frobbed", "warning")]


def test_a_constant_account_needs_a_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "Customer,Username,SKU\nA,a@x.example,S\n")

    with pytest.raises(ProfileMismatch, match="not named"):
        run(path, account_from="constant")


def test_progress_is_reported_and_ends_at_the_total(tmp_path: Path) -> None:
    rows = "".join(f"C1,Acme,L{n},P1,2,1.50,USD,2025-01-01\n" for n in range(5000))
    path = write_csv(tmp_path / "a.csv", f"{LINES_HEADER}\n{rows}")
    seen: list[tuple[int, int]] = []

    for _ in convert(path, guess(path).profile, lambda done, total: seen.append((done, total))):
        pass

    assert seen[-1] == (5001, 5001)
    assert seen == sorted(seen)
    assert len(seen) == 3


def test_memory_stays_flat_over_a_long_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as stream:
            stream.write("Customer,SKU,Quantity\n")
            stream.writelines(f"Acme {n % 50},S{n % 20},{n % 7}\n" for n in range(rows))
        profile = guess(path, shape="generic_usage").profile
        summed = replace(profile, options=replace(profile.options, sum_by_sku=True))
        tracemalloc.start()
        for _ in convert(path, summed):
            pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(40_000) < peak(4_000) * 1.5 + 500_000


def test_a_break_further_down_stops_the_conversion_with_its_row(tmp_path: Path) -> None:
    rows = "".join(f"C1,Acme,L{n},P1,2,1.50,USD,2025-01-01\n" for n in range(30_000))
    path = write_csv(tmp_path / "a.csv", f'{LINES_HEADER}\n{rows}C1,"Acme,L,P1,2,1.50,USD,2025-01-01\n')
    conversion = convert(path, guess(path).profile)

    with pytest.raises(FileRefused) as caught:
        list(conversion)

    assert caught.value.problems[0].row == 30_002
