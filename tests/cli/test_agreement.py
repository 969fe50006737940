"""One set of files, four ways to its numbers: `rcx reconcile`, both databases, the queue's rows, its CSV and XLSX.

The application reads the files' records as a sync does (staged, then switched into force).
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from sqlmodel import Session, select

from connectors import records
from connectors.files.strict import read_lines, read_mapping, read_seats
from connectors.sandbox.estate import build, write_rcx_files
from rcx_app.cli import run
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.export import findings_file
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FindingFilters, FindingRow
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.rules_file import load_rules
from rcx_app.domain.sync import service as sync
from rcx_app.models import Finding
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, connect, map_accounts

Row = tuple[str, ...]
NUMBERS = ("billed_quantity", "system_count", "expected_quantity", "delta", "unit_price", "amount")
SEED = 5


def exact(value: Any) -> str:
    """A number to its last millionth as text; empty where there is none."""
    return "" if value in (None, "") else f"{Decimal(str(value)).quantize(Decimal('0.000001')):f}"


def test_all_ways_come_to_the_same_numbers(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write_rcx_files(build(SEED, 30, 1500, as_of=DAY), folder)
    told = by_files(folder, tmp_path / "out")
    assert len(told) > 60

    with frozen(NOON):
        read_in(world.ours, folder)
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours, day=DAY)
        with transaction(world.ours, read_only=True) as session:
            stored = session.exec(select(Finding).where(Finding.workspace_id == world.ours.workspace_id)).all()
            shown = list(every_row(session, world.ours))
            exported = {kind: export(session, world.ours, kind) for kind in ("csv", "xlsx")}

    assert len(stored) == sum(told.values())
    assert in_files_terms(stored) == told
    assert Counter(of_row(row) for row in shown) == Counter(of_finding(each) for each in stored)
    for kind, rows in exported.items():
        assert Counter(of_cells(each) for each in rows) == Counter(map(of_finding, stored)), kind
        assert [each["explanation"] for each in rows] == [plain(row.explanation) for row in in_order(shown, rows)]


def by_files(folder: Path, out: Path) -> Counter[Row]:
    """What discrepancies.csv says."""
    paths = [part for name in ("lines", "seats", "mapping") for part in (f"--{name}", str(folder / f"{name}.csv"))]
    assert (
        run(["reconcile", *paths, "--rules", str(folder / "rules.yaml"), "--as-of", str(DAY), "--out", str(out)]) == 0
    )
    with (out / "discrepancies.csv").open(encoding="utf-8", newline="") as file:
        return Counter(
            (
                row["client_name"], row["product_code"], row["kind"], row["direction"],
                *(exact(row[name]) for name in NUMBERS), row["currency"], row["ready"], row["explanation"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def read_in(context: Context, folder: Path) -> None:
    """The same files, read into the application's own workspace."""
    lines, seats = read_lines(folder / "lines.csv"), read_seats(folder / "seats.csv")
    by_label: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {"accounts": [], "seats": []})
    for account in seats.accounts:
        by_label[account.integration]["accounts"].append(account)
    for seat in seats.seats:
        by_label[seat.integration]["seats"].append(seat)
    psa: dict[str, list[Any]] = {
        "clients": [*lines.clients],
        "agreements": [*lines.agreements],
        "products": [*lines.products],
        "lines": [*lines.lines],
    }
    with transaction(context) as session:
        sync_of(session, context, "PSA", "psa", psa)
        for label, streams in sorted(by_label.items()):
            sync_of(session, context, label, "usage", streams)
        rows = read_mapping(folder / "mapping.csv")
        map_accounts(session, context, {(row.integration, row.account_id): row.client_id or None for row in rows})
        for spec in load_rules(folder / "rules.yaml"):
            service_rules.create(session, context, spec)


def sync_of(
    session: Session, context: Context, label: str, side: str, streams: dict[str, list[records.Record]]
) -> None:
    connection = connect(session, context, label, side)
    run_id = sync.begin(session, context, connection.id)
    for name, batch in streams.items():
        sync.stage(session, context, run_id, name, batch)
    sync.switch(session, context, run_id, complete_streams=set(streams))


def every_row(session: Session, context: Context) -> Iterable[FindingRow]:
    """The queue, page by page, in the order of the page."""
    query, cursor = FindingQuery(), ""
    while True:
        page = screens.findings(session, context, FindingFilters(states=("open",)), query.order, cursor)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def export(session: Session, context: Context, kind: str) -> list[dict[str, str]]:
    out = io.BytesIO()
    findings_file(session, context, FindingQuery(), out, kind)
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    out.seek(0)
    head, *rows = openpyxl.load_workbook(out).active.iter_rows(values_only=True)  # type: ignore[union-attr]
    return [
        {str(name): "" if cell is None else str(cell) for name, cell in zip(head, row, strict=True)} for row in rows
    ]


def in_files_terms(stored: Iterable[Finding]) -> Counter[Row]:
    return Counter(
        (
            each.client_name, each.product_code, each.kind, each.direction,
            *(exact(getattr(each, name)) for name in NUMBERS), each.currency,
            "true" if each.is_ready else "false", each.explanation,
        )
        for each in stored
    )  # fmt: skip


def plain(text: str) -> str:
    return text.removeprefix("'")


def of_finding(each: Finding) -> Row:
    numbers = (each.billed_quantity, each.system_count, each.expected_quantity, each.delta, each.unit_price)
    money = (each.amount, each.monthly_amount)
    ready = "yes" if each.is_ready else "no"
    return (each.product_code, each.kind, *map(exact, (*numbers, *money)), each.currency, ready, each.explanation)


def of_row(row: FindingRow) -> Row:
    numbers = (row.billed, row.count, row.expected, row.delta, row.unit_price, row.amount, row.monthly_amount)
    ready = "yes" if row.is_ready else "no"
    return (row.product_code, row.kind, *map(exact, numbers), row.currency, ready, row.explanation)


def of_cells(cells: dict[str, str]) -> Row:
    numbers = (*NUMBERS, "monthly_amount")
    texts = (cells["currency"], cells["ready"], plain(cells["explanation"]))
    return (cells["product_code"], cells["kind"], *(exact(cells[name]) for name in numbers), *texts)


def in_order(shown: list[FindingRow], rows: list[dict[str, str]]) -> list[FindingRow]:
    """The rows of the page, which a file must keep the order of."""
    assert len(shown) == len(rows)
    return shown
