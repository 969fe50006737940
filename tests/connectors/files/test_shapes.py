"""Each sample export is recognised by its header and becomes the records a person would expect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.devices import device_class
from connectors.files import SHAPES, guess
from connectors.files.build.users import split_licences
from connectors.records import Account, Agreement, Client, Line, Product, Seat, Sku, Subscription
from tests.connectors.files.making import SAMPLES, run, write_csv

EXPECTED = {
    "rcx_lines.csv": ("rcx_lines", "psa", 3),
    "rcx_clients.csv": ("rcx_clients", "psa", 2),
    "rcx_seats.csv": ("rcx_seats", "usage", 3),
    "rcx_mapping.csv": ("rcx_mapping", "mapping", 3),
    "connectwise_additions.csv": ("connectwise_additions", "psa", 4),
    "autotask_services.csv": ("autotask_services", "psa", 3),
    "halopsa_recurring_lines.csv": ("halopsa_lines", "psa", 3),
    "m365_users.csv": ("m365_users", "usage", 4),
    "partner_center_subscriptions.csv": ("partner_center_subscriptions", "usage", 3),
    "pax8_subscriptions.csv": ("pax8_subscriptions", "usage", 3),
    "ninjaone_devices.csv": ("ninjaone_devices", "usage", 4),
    "datto_rmm_devices.csv": ("datto_rmm_devices", "usage", 3),
}
AS_OF = date(2026, 11, 17)


def test_every_shape_but_the_generic_ones_has_a_sample() -> None:
    assert {shape for shape, _, _ in EXPECTED.values()} == {s.id for s in SHAPES.values() if not s.is_generic}
    assert {path.name for path in SAMPLES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_is_recognised_and_converts_without_problems(name: str) -> None:
    shape, side, rows = EXPECTED[name]

    found = guess(SAMPLES / name)
    outcome = run(SAMPLES / name, as_of=AS_OF)

    assert (found.profile.shape, found.side) == (shape, side)
    assert found.confidence >= 0.85
    assert all(other.confidence < found.confidence - 0.1 for other in found.alternatives)
    assert outcome.problems == []
    assert (outcome.conversion.rows_read, outcome.conversion.rows_converted) == (rows, rows)


def test_connectwise_additions() -> None:
    outcome = run(SAMPLES / "connectwise_additions.csv")

    lines = {line.product_code: line for line in outcome.only(Line)}
    workstation, cloud, credit = lines["MS-WKS"], lines["M365-BP"], lines["CREDIT"]
    assert (workstation.quantity, workstation.included_quantity) == (Decimal("1020.00"), Decimal("5.00"))
    assert (workstation.unit_price, workstation.unit_cost) == (Decimal("4.00"), Decimal("1.10"))
    assert (lines["MS-SRV"].effective_date, cloud.cancelled_date) == (date(2025, 1, 31), date(2026, 3, 1))
    assert credit.unit_price == Decimal("-25.00")
    assert cloud.product_name == "Microsoft 365 Business Premium\nbilled monthly".replace("\n", "\r\n")
    assert workstation.attributes["Bill Customer"] == "Billable"
    assert [client.external_id for client in outcome.only(Client)] == ["name:acme dental", "name:birch, cole & sons"]
    assert workstation.external_id == "name:acme dental/managed services - acme/ms-wks/2025-01-01"
    assert workstation.agreement_external_id == outcome.only(Agreement)[0].external_id


def test_autotask_services_in_european_spelling() -> None:
    outcome = run(SAMPLES / "autotask_services.csv", currency="eur")

    first, _, third = outcome.only(Line)
    assert (first.quantity, first.unit_price, first.unit_cost) == (
        Decimal("1250.00"),
        Decimal("39.90"),
        Decimal("12.5"),
    )
    assert (first.currency, third.billing_cycle) == ("EUR", "annual")
    assert outcome.only(Client)[1].name == "Österreichische Hütten AG"
    agreement = outcome.only(Agreement)[1]
    assert (agreement.starts_on, agreement.ends_on) == (date(2025, 3, 15), date(2026, 3, 14))
    assert first.external_id == "29683201/managed workplace standard"
    assert outcome.only(Product)[0].code == "Managed Workplace Standard"


def test_halopsa_lines() -> None:
    lines = run(SAMPLES / "halopsa_recurring_lines.csv").only(Line)

    assert [line.external_id for line in lines] == ["88001", "88002", "88010"]
    assert [line.is_calculated_by_psa for line in lines] == [False, True, False]
    assert (lines[2].quantity, lines[2].cancelled_date, lines[2].billing_cycle) == (Decimal("2.5"), None, "annual")
    assert lines[0].client_external_id == "55"


def test_m365_users_give_one_seat_a_user_and_licence() -> None:
    outcome = run(SAMPLES / "m365_users.csv")

    seats = outcome.only(Seat)
    assert [(seat.identity, seat.sku, seat.status) for seat in seats] == [
        ("ann@acmedental.example", "Microsoft 365 Business Premium", "active"),
        ("ann@acmedental.example", "Microsoft Power Automate Free", "active"),
        ("bob@acmedental.example", "Microsoft 365 Business Premium", "disabled"),
    ]
    assert all((seat.kind, seat.quantity) == ("user", 1) for seat in seats)
    assert len({seat.external_id for seat in seats}) == 3
    assert seats[0].created_at == datetime(2024, 2, 26, 13, 36, 42, tzinfo=UTC)
    assert seats[0].attributes["State"] == "IL"
    assert [(account.external_id, account.domain) for account in outcome.only(Account)] == [
        ("acmedental.example", "acmedental.example")
    ]
    assert len(outcome.only(Sku)) == 2


def test_m365_users_may_belong_to_an_account_given_for_the_file() -> None:
    outcome = run(SAMPLES / "m365_users.csv", account_from="constant", account_name="Acme Dental")

    assert [(account.external_id, account.name) for account in outcome.only(Account)] == [
        ("name:acme dental", "Acme Dental")
    ]
    assert {seat.account_external_id for seat in outcome.only(Seat)} == {"name:acme dental"}


def test_users_without_a_licence_are_kept_where_asked() -> None:
    seats = run(SAMPLES / "m365_users.csv", keep_unlicensed=True).only(Seat)

    assert [seat.identity for seat in seats if not seat.sku] == [
        "reception@acmedental.example",
        "guest_gmail.example#EXT#@acmedental.onmicrosoft.example",
    ]


def test_summing_by_sku_counts_what_the_seats_hold() -> None:
    outcome = run(SAMPLES / "m365_users.csv", sum_by_sku=True)

    assert [(seat.kind, seat.sku, seat.quantity) for seat in outcome.only(Seat)] == [
        ("licence", "Microsoft 365 Business Premium", 2),
        ("licence", "Microsoft Power Automate Free", 1),
    ]


def test_partner_center_gives_counts_and_subscriptions() -> None:
    outcome = run(SAMPLES / "partner_center_subscriptions.csv")

    first, second, third = outcome.only(Subscription)
    assert (first.quantity, first.term, first.billing_cycle) == (25, "P1Y", "monthly")
    assert (first.starts_on, first.commitment_ends_on) == (date(2026, 3, 13), date(2027, 3, 13))
    assert (second.status, second.commitment_ends_on, third.billing_cycle) == ("suspended", None, "annual")
    seats = outcome.only(Seat)
    assert (seats[0].kind, seats[0].quantity, seats[0].sku) == ("licence", 25, "CFQ7TTC0LCHC:0002")
    assert [seat.external_id for seat in seats] == [first.external_id, second.external_id, third.external_id]
    assert outcome.only(Account)[0].external_id == "3e34d631-d14a-4889-aa42-fa1c664db655"


def test_pax8_subscriptions() -> None:
    outcome = run(SAMPLES / "pax8_subscriptions.csv")

    subscriptions = outcome.only(Subscription)
    assert [(s.unit_cost, s.currency, s.status) for s in subscriptions] == [
        (Decimal("18.70"), "USD", "active"),
        (Decimal("114.24"), "USD", "active"),
        (Decimal("3.10"), "USD", "deleted"),
    ]
    assert subscriptions[0].attributes["Vendor"] == "Microsoft"
    assert [account.integration for account in outcome.only(Account)] == ["Pax8", "Pax8"]


def test_ninjaone_devices() -> None:
    seats = run(SAMPLES / "ninjaone_devices.csv").only(Seat)

    assert [(seat.device_class, seat.identity) for seat in seats] == [
        ("workstation", "5CG1234ABC"),
        ("server", "ACME-DC-1"),
        ("mobile", "F2LXK1ABCD"),
        ("network", "00012345"),
    ]
    assert [seat.last_seen_at is None for seat in seats] == [False, False, True, False]
    assert seats[1].display_name == "Domain controller"
    assert {seat.status for seat in seats} == {"active"}


def test_datto_devices_online_now_need_the_day_of_the_export() -> None:
    path = SAMPLES / "datto_rmm_devices.csv"

    without, outcome = run(path), run(path, as_of=AS_OF)

    assert [(problem.row, problem.column) for problem in without.errors] == [(3, "Last Seen")]
    assert [problem.column for problem in guess(path).problems] == ["Last Seen"]
    assert [seat.device_class for seat in outcome.only(Seat)] == ["workstation", "server", "hypervisor"]
    assert outcome.only(Seat)[1].last_seen_at == datetime(2026, 11, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("WINDOWS_SERVER", ""), "server"),
        (("WINDOWS_WORKSTATION", ""), "workstation"),
        (("VMWARE_VM_HOST", ""), "hypervisor"),
        (("VMWARE_VM_GUEST", ""), "virtual machine"),
        (("Laptop", "Windows 11"), "workstation"),
        (("", "macOS 15.6"), "workstation"),
        (("Android", ""), "mobile"),
        (("NMS_SWITCH", ""), "network"),
        (("Printer", ""), "printer"),
        (("Managed", "Windows Server 2022"), "server"),
        (("", ""), "other"),
    ],
)
def test_device_classes(texts: tuple[str, str], expected: str) -> None:
    assert device_class(*texts) == expected


def test_a_desktop_that_runs_a_server_system_is_a_server(tmp_path: Path) -> None:
    text = "Organization,System Name,Device Type,OS Name,Last Contact,Location\nA,x,Desktop,Windows Server 2019,,L\n"

    assert run(write_csv(tmp_path / "a.csv", text)).only(Seat)[0].device_class == "server"


@pytest.mark.parametrize(
    ("cell", "licences"),
    [
        ("Unlicensed", ()),
        ("", ()),
        ("A+B", ("A", "B")),
        ("A + B+A", ("A", "B")),
        ("Exchange Online (Plan 1); Visio", ("Exchange Online (Plan 1)", "Visio")),
    ],
)
def test_licence_lists(cell: str, licences: tuple[str, ...]) -> None:
    assert split_licences(cell) == licences
