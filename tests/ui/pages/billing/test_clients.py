"""The client table, a client's page and the findings by service, by their handlers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from rcx_app.core.db import transaction
from rcx_app.domain.reconcile.screens import client as screens
from rcx_app.domain.reconcile.screens.schemas import Sums
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.client.rows import pieces, view
from rcx_app.ui.pages.billing.client.state import ClientSeatsState
from rcx_app.ui.pages.billing.clients.state import ClientRowsState
from rcx_app.ui.pages.billing.services.state import ServiceRowsState
from tests.conftest import World
from tests.ui.pages.billing.desk import Desk


def rows_of(state: Any) -> list[Any]:
    return [row for number in range(parts.PARTS) for row in getattr(state, f"part_{number}")]


def names(state: Any) -> list[str]:
    return [row.name for row in rows_of(state)]


@pytest.fixture
def clients(estate: World) -> Desk:
    return Desk(estate.ours, ClientRowsState).open("/billing")


def test_each_client_has_its_numbers_in_its_currency(clients: Desk) -> None:
    alder, birch, cedar = rows_of(clients.state)
    assert (alder.name, alder.discrepancies, alder.under, alder.net, alder.currency) == (
        "Alder", 3, "+180.00", "+180.00", "USD",
    )  # fmt: skip
    assert (birch.over, birch.net, birch.net_of, birch.currency) == ("−150.00", "−150.00", "over", "EUR")
    assert (cedar.discrepancies, cedar.under, cedar.cycle) == (0, "", "Yearly")
    assert clients.state.foot == "3 of 3 clients"


def test_the_head_keeps_currencies_and_kinds_apart(clients: Desk) -> None:
    head = clients.state.head
    assert (head.under.value, head.under.currency) == ("+180.00", "USD")
    assert head.under.detail == "1 finding"
    assert head.over.detail == "0 of 1 finding; also −150.00 EUR", "the amount in dollars is of none of them"
    assert head.unmapped.detail == "1 finding"
    assert head.reconciled == "1 of 3 clients reconciled"


def test_search_filter_and_order_stand_in_the_address(clients: Desk) -> None:
    clients.run(clients.state.show_only_open, True)
    assert names(clients.state) == ["Alder", "Birch"]
    clients.run(clients.state.sort_by, "amount")
    assert names(clients.state) == ["Birch", "Alder"]
    assert "/billing?findings=open&sort=amount" in clients.scripts
    clients.open("/billing", "?find=ced")
    assert (names(clients.state), clients.state.only_open) == (["Cedar"], False)


def client_page(world: World, name: str, query: str = "") -> Desk:
    row = next(each for each in rows_of(Desk(world.ours, ClientRowsState).open("/billing").state) if each.name == name)
    return Desk(world.ours, ClientSeatsState).open(f"/billing/clients/{row.id}/", query)


def test_a_client_is_shown_line_by_line(estate: World) -> None:
    view = client_page(estate, "Alder").state.view
    lines = {line.code: line for line in view.lines}
    assert (lines["SRV"].billed, lines["SRV"].count, lines["SRV"].delta, lines["SRV"].state) == (
        "1", "4", "+3", "To review",
    )  # fmt: skip
    assert lines["SRV"].opens > 0
    assert (lines["FLAT"].state, lines["FLAT"].opens, lines["FLAT"].rule_text) == (
        "Not counted", 0, "No rule counts this product",
    )  # fmt: skip
    assert (view.under.value, view.billed.value, view.open_findings) == ("+180.00", "64.00", 3)
    assert {(gap.name, gap.act) for gap in view.gaps} == {("WS", "Make a rule"), ("No SKU", "Make a rule")}


def test_a_clients_page_names_the_money_of_its_other_currencies(estate: World, clients: Desk) -> None:
    with transaction(estate.ours, read_only=True) as session:
        found = screens.client_page(session, estate.ours, rows_of(clients.state)[0].id)
    others = (Sums("EUR", under=Decimal(20), under_count=1), Sums("GBP", under=Decimal(5), under_count=1))
    money = replace(found.money, calculated=(*found.money.calculated, *others))
    shown = view(replace(found, money=money)).under
    assert (shown.value, shown.detail) == ("+180.00", "estimated: none, also +20.00 EUR, +5.00 GBP")


def test_a_rules_sentence_keeps_its_looks() -> None:
    parts_of = (("Count ", False), ("devices", True), (" of ", False), ("NinjaOne", True), (" where ", False),
                ("class is server", True), ("; at least ", False), ("5", True))  # fmt: skip
    assert [(piece.text, piece.look) for piece in pieces(parts_of) if piece.look] == [
        ("devices", "strong"), ("NinjaOne", "strong"), ("class is server", "cond"), ("5", "strong"),
    ]  # fmt: skip


def test_seats_are_named_and_found(estate: World) -> None:
    desk = client_page(estate, "Alder", "?tab=seats")
    assert len(rows_of(desk.state)) == 7
    desk.run(desk.state.search, "desk")
    assert [(seat.name, seat.identity, seat.integration) for seat in rows_of(desk.state)] == [
        ("DESK-1", "ann", "NinjaOne")
    ]


@pytest.mark.parametrize("path", ["/billing/clients/999999", "/billing/clients/x", "/billing/clients/" + "9" * 40])
def test_a_client_that_is_not_there_is_said(estate: World, path: str) -> None:
    state = Desk(estate.ours, ClientSeatsState).open(path).state
    assert "not found" in state.problem
    assert (state.view.name, state.is_loaded) == ("", True)


def test_a_client_of_another_workspace_is_not_there(estate: World) -> None:
    row = rows_of(Desk(estate.ours, ClientRowsState).open("/billing").state)[0]
    state = Desk(estate.theirs, ClientSeatsState).open(f"/billing/clients/{row.id}").state
    assert "not found" in state.problem


def test_services_open_into_their_lines(estate: World) -> None:
    desk = Desk(estate.ours, ServiceRowsState).open("/billing/services")
    rows = {(row.name, row.currency): row for row in rows_of(desk.state)}
    servers = rows["SRV name", "USD"]
    assert (servers.net, rows["SRV name", "EUR"].net) == ("+180.00", "−150.00")
    desk.run(desk.state.open, servers.id)
    assert [(card.client, card.billed, card.expected) for card in desk.state.cards] == [("Alder", "1", "4")]
    assert servers.queue_href == "/billing/review?currency=USD&service=srv+name"
    accounts = next(row for row in rows.values() if row.id.startswith("account"))
    desk.run(desk.state.open, accounts.id)
    assert [card.service for card in desk.state.cards] == ["Account N9 (NinjaOne)"]


@pytest.mark.parametrize("key", ["nonsense", "service|USD|no such", ""])
def test_a_service_that_is_not_listed_does_not_open(estate: World, key: str) -> None:
    desk = Desk(estate.ours, ServiceRowsState).open("/billing/services")
    desk.run(desk.state.open, key)
    assert (desk.state.open_id, desk.state.cards) == ("", [])
