"""The estate's files: the same bytes every time, shaped as portals export them, complete, and of nobody real."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import python_calamine
import yaml

from connectors.sandbox.estate import Estate, all_seats, build, write_files, write_rcx_files, write_tenant_users
from connectors.sandbox.estate.__main__ import main

AS_OF = date(2026, 11, 20)
RMMS = ("NinjaOne", "Datto RMM")


@pytest.fixture(scope="module")
def estate() -> Estate:
    return build(7, as_of=AS_OF)


@pytest.fixture(scope="module")
def folder(estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    write_files(estate, folder)
    write_rcx_files(estate, folder / "rcx")
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",", skip: int = 0) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(skip):
            next(file)
        return list(csv.DictReader(file, delimiter=delimiter))


def run(out: Path, hash_seed: str, *more: str) -> None:
    command = [
        sys.executable,
        "-m",
        "connectors.sandbox.estate",
        "--as-of",
        "2026-11-20",
        "--out",
        str(out),
        "--rcx",
        *more,
    ]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def test_the_same_seed_gives_the_same_bytes_in_any_process(folder: Path, tmp_path: Path) -> None:
    run(tmp_path / "one", "1", "--seed", "7")
    run(tmp_path / "two", "2", "--seed", "8")
    assert digests(tmp_path / "one") == digests(folder)
    other = digests(tmp_path / "two")
    assert set(other) == set(digests(folder))
    # The rules are the same whatever the seed.
    assert {name for name, digest in other.items() if digests(folder)[name] == digest} == {"rcx/rules.yaml"}


def test_a_later_day_has_the_same_bytes_in_any_process(folder: Path, tmp_path: Path) -> None:
    run(tmp_path / "one", "1", "--seed", "7", "--days", "30")
    run(tmp_path / "two", "2", "--seed", "7", "--days", "30")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    today, later = digests(folder), digests(tmp_path / "one")
    assert {"ConnectWise agreement additions.csv", "Microsoft 365 users.csv", "rcx/seats.csv"} <= {
        name for name in today if today[name] != later[name]
    }


def test_row_counts_are_told(estate: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--as-of", "2026-11-20", "--seed", "7", "--out", str(tmp_path)]) == 0
    told = {line.split(maxsplit=1)[1]: int(line.split()[0]) for line in capsys.readouterr().out.splitlines()}
    assert told[str(tmp_path / "ConnectWise agreement additions.csv")] == len(estate.lines)
    assert told[str(tmp_path / "Microsoft 365 users.csv")] == len(estate.users)
    assert len(told) == 9


def test_a_bad_size_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--as-of", "2026-11-20", "--clients", "2", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "at least 5 clients" in capsys.readouterr().err


def test_every_address_and_domain_is_an_example(folder: Path) -> None:
    for path in folder.rglob("*.csv"):
        text = path.read_text(encoding="cp1252" if "Proofpoint" in path.name else "utf-8-sig")
        hosts = re.findall(r"@([\w.-]+)", text)
        assert [host for host in hosts if not host.endswith(".example")] == []
        assert re.findall(r"\b[\w-]+\.(?:com|net|org|io|co|uk|de|fr|eu|onmicrosoft\.com)\b", text) == []


def test_additions(estate: Estate, folder: Path) -> None:
    found = rows(folder / "ConnectWise agreement additions.csv")
    lines = {line.id: line for line in estate.lines}
    assert [row["Addition RecID"] for row in found] == list(lines)
    for row in found:
        line = lines[row["Addition RecID"]]
        month, day, year = map(int, row["Effective Date"].split("/"))
        assert date(year, month, day) == line.effective_on
        assert float(row["Quantity"]) == line.quantity
        assert float(row["Unit Price"].replace(",", "")) == float(line.unit_price)
    assert any(int(row["Effective Date"].split("/")[1]) > 12 for row in found)
    assert any(int(row["Cancelled Date"].split("/")[1]) > 12 for row in found if row["Cancelled Date"])
    assert {row["Addition Status"] for row in found} == {"Active", "Cancelled"}


def test_users(estate: Estate, folder: Path, tmp_path: Path) -> None:
    found = rows(folder / "Microsoft 365 users.csv")
    licences = [name for row in found if row["Licenses"] != "Unlicensed" for name in row["Licenses"].split("+")]
    assert len(licences) == sum(1 for seat in all_seats(estate) if seat.integration == "Microsoft 365")
    assert any("+" in row["Licenses"] for row in found)
    tenant = estate.users[0].account_id
    alone = rows(write_tenant_users(estate, tenant, tmp_path).path)
    assert alone == [{key: row[key] for key in alone[0]} for row in found if row["Tenant ID"] == tenant]
    with pytest.raises(ValueError, match="no Microsoft 365 tenant 'nobody'"):
        write_tenant_users(estate, "nobody", tmp_path)


def test_the_other_exports_are_complete(estate: Estate, folder: Path) -> None:
    machines = {name: [device.id for device in estate.devices if device.integration == name] for name in RMMS}
    assert [row["Device ID"] for row in rows(folder / "NinjaOne devices.csv")] == machines["NinjaOne"]
    assert [row["Device UID"] for row in rows(folder / "Datto RMM devices.csv")] == machines["Datto RMM"]
    bought = [
        row["Subscription ID"]
        for name in ("Pax8", "Partner Center")
        for row in rows(folder / f"{name} subscriptions.csv")
    ]
    assert sorted(bought) == sorted(subscription.id for subscription in estate.subscriptions)
    agents = rows(folder / "Huntress agents.csv", skip=3)
    assert [row["Agent ID"] for row in agents] == [agent.id for agent in estate.agents]
    mailboxes = rows(folder / "Proofpoint users.csv", "cp1252", ";")
    assert [row["Primary Email"] for row in mailboxes] == [mailbox.email for mailbox in estate.mailboxes]
    book = python_calamine.CalamineWorkbook.from_path(str(folder / "Acronis workloads.xlsx"))
    sheet = book.get_sheet_by_name("Workloads").to_python()
    assert [row[2] for row in sheet[4:]] == [workload.id for workload in estate.workloads]


def test_own_formats(estate: Estate, folder: Path) -> None:
    seats = rows(folder / "rcx" / "seats.csv")
    assert [row["seat_id"] for row in seats] == [seat.external_id for seat in all_seats(estate)]
    mapping = {
        (row["integration"], row["account_id"]): row["client_id"] for row in rows(folder / "rcx" / "mapping.csv")
    }
    assert mapping == {key: client for key, client in estate.truth.items() if client}
    assert [row["id"] for row in rows(folder / "rcx" / "clients.csv")] == [client.id for client in estate.clients]
    rules = yaml.safe_load((folder / "rcx" / "rules.yaml").read_text(encoding="utf-8"))
    products = {row["product_code"] for row in rows(folder / "rcx" / "lines.csv")}
    counted = {code for code in products if not code.startswith("NB-")}
    assert {code for rule in rules for code in rule["products"]} == counted
