"""What screens read: totals by currency, tables, one client, one finding with its seats."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import client as client_screen
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, FindingFilters
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import plain
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, line, seat

SERVERS = RuleSpec(
    name="Servers",
    products=("SRV",),
    integration="NinjaOne",
    where={
        "all": [
            {"field": "device_class", "op": "eq", "value": "server"},
            {"field": "last_seen_at", "op": "within_days", "value": 30},
        ]
    },
)


def _estate(world: World) -> None:
    seats = [
        seat("N1", f"N1-{number}", device_class="server", display_name=f"SRV-{number}", last_seen_at=ago(number * 8))
        for number in range(6)
    ]
    seats.append(seat("N1", "N1-del", device_class="server", status="deleted", last_seen_at=ago(1)))
    seats.append(seat("N1", "N1-ws", device_class="workstation", sku="WS", last_seen_at=ago(1)))
    seats += [seat("N2", f"N2-{number}", device_class="server", last_seen_at=ago(0)) for number in range(2)]
    seats += [seat("N3", f"N3-{number}", device_class="server", last_seen_at=ago(0)) for number in range(3)]
    build(
        world.ours,
        names={"C1": "Alder", "C2": "Birch", "C3": "Cedar"},
        lines=[
            line("C1", "L1", "SRV", 1, unit_price=Decimal(60)),
            line("C1", "L2", "FLAT", 1),
            line("C2", "L3", "SRV", 5, unit_price=Decimal(50), currency="EUR"),
            line("C3", "L4", "FLAT", 1, billing_cycle="annual"),
        ],
        seats={"NinjaOne": seats},
        accounts={"NinjaOne": ["N4"]},
        mapping={("NinjaOne", "N1"): "C1", ("NinjaOne", "N2"): "C2"},
        rules=[SERVERS],
    )
    with transaction(world.ours) as session:
        service.reconcile(session, world.ours)


def test_overview_never_adds_currencies_or_kinds(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            shown = screens.overview(session, world.ours)
    assert shown.has_run
    money = {sums.currency: (sums.under, sums.over) for sums in shown.money.calculated}
    assert money == {"USD": (Decimal(180), Decimal(0)), "EUR": (Decimal(0), Decimal(-150))}
    assert shown.by_kind == {"calculated": 2, "unmapped": 2, "unaccounted": 2}
    assert shown.unmapped_accounts == 2
    assert shown.unaccounted_seats == 3
    assert (shown.clients, shown.clients_reconciled) == (3, 1)
    assert shown.top_clients[0].name == "Alder"


def test_client_table_sorts_and_filters(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            rows = screens.client_table(session, world.ours, sort="-discrepancies").items
            found = screens.client_table(session, world.ours, ClientFilters(search="BIR")).items
            open_ones = screens.client_table(session, world.ours, ClientFilters(only_open=True)).items
    assert [row.name for row in rows] == ["Alder", "Birch", "Cedar"]
    assert (rows[0].seats, rows[0].services, rows[0].discrepancies) == (7, 2, 3)
    assert rows[0].amount == Decimal(180)
    assert [row.name for row in found] == ["Birch"]
    assert [row.name for row in open_ones] == ["Alder", "Birch"]


def test_a_client_page_has_every_line(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            (alder,) = screens.client_table(session, world.ours, ClientFilters(search="alder")).items
            page = client_screen.client_page(session, world.ours, alder.client_id)
    by_code = {row.product_code: row for row in page.lines}
    assert by_code["SRV"].state == "open"
    assert (by_code["SRV"].count, by_code["SRV"].delta) == (4, 3)
    assert by_code["SRV"].finding_id is not None
    assert plain(by_code["SRV"].sentence).startswith("Count devices of NinjaOne where class is server and last seen")
    assert by_code["FLAT"].state == "not_counted"
    assert page.billed[0].amount == Decimal(64)
    assert {row.kind for row in page.elsewhere} == {"unaccounted"}
    assert [(each.label, each.seats) for each in page.integrations] == [("NinjaOne", 7)]


def test_a_finding_opens_into_its_seats(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            (row,) = screens.findings(
                session, world.ours, FindingFilters(directions=("under",), kinds=("calculated",))
            ).items
            full = detail.finding(session, world.ours, row.finding_id)
            counted = detail.evidence(session, world.ours, row.finding_id)
            left_out = detail.evidence(session, world.ours, row.finding_id, "left_out")
    assert [each.name for each in counted.items] == ["SRV-0", "SRV-1", "SRV-2", "SRV-3"]
    assert {each.name: each.reason for each in left_out.items} == {
        "N1-del": "deleted at the source",
        "SRV-4": "not: last seen within 30 days",
        "SRV-5": "not: last seen within 30 days",
    }
    assert [(step.op, step.value) for step in full.arithmetic[:4]] == [("", 7), ("−", 1), ("−", 2), ("", 4)]
    assert full.arithmetic[-1].value == Decimal(180)
    assert [each.external_id for each in full.lines] == ["L1"]
    assert [each.external_id for each in full.accounts] == ["N1"]


def test_unmapped_accounts_and_unaccounted_seats_open_too(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            rows = screens.findings(session, world.ours, FindingFilters(kinds=("unmapped", "unaccounted"))).items
            opened = {
                (row.scope, row.sku or row.client_name or row.explanation[12:23]): [
                    each.external_id for each in detail.evidence(session, world.ours, row.finding_id).items
                ]
                for row in rows
            }
    assert opened == {
        ("account", "Account N3 "): ["N3-0", "N3-1", "N3-2"],
        ("account", "Account N4 "): [],
        ("sku", "WS"): ["N1-ws"],
        ("sku", "Alder"): ["N1-4", "N1-5"],
    }


@pytest.mark.parametrize(
    "sort", ["age", "-age", "client", "-client", "service", "amount", "-amount", "delta", "-delta"]
)
def test_pages_of_findings_lose_and_repeat_nothing(sqlite_world: World, sort: str) -> None:
    with frozen(NOON):
        build(
            sqlite_world.ours,
            accounts={"NinjaOne": [f"N{number:03d}" for number in range(130)]},
            mapping={},
        )
        with transaction(sqlite_world.ours) as session:
            service.reconcile(session, sqlite_world.ours)
        with transaction(sqlite_world.ours, read_only=True) as session:
            page = screens.findings(session, sqlite_world.ours, sort=sort, with_total=True)
            seen = [row.finding_id for row in page.items]
            assert page.total == 130
            while page.next_cursor:
                page = screens.findings(session, sqlite_world.ours, sort=sort, cursor=page.next_cursor)
                seen += [row.finding_id for row in page.items]
    assert len(seen) == len(set(seen)) == 130


def test_another_workspace_sees_nothing(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            rows = screens.findings(session, world.ours).items
        with transaction(world.theirs, read_only=True) as session:
            assert screens.findings(session, world.theirs).items == ()
            assert not screens.overview(session, world.theirs).has_run
            for read in (detail.finding, detail.evidence):
                with pytest.raises(NotFound):
                    read(session, world.theirs, rows[0].finding_id)
            with pytest.raises(NotFound):
                client_screen.client_page(session, world.theirs, next(row.client_id for row in rows if row.client_id))
