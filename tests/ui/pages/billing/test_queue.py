"""The review queue's handlers over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rcx_app.core.errors import Invalid
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.queue.state import QueueRowsState
from tests.conftest import World
from tests.ui.pages.billing.desk import Desk

PATH = "/billing/review"


def rows_of(state: Any) -> list[Any]:
    return [row for number in range(parts.PARTS) for row in getattr(state, f"part_{number}")]


def names(state: Any) -> list[str]:
    return [row.client or row.service for row in rows_of(state)]


@pytest.fixture
def desk(estate: World) -> Desk:
    return Desk(estate.ours, QueueRowsState)


def test_it_opens_with_the_most_money_first(desk: Desk) -> None:
    state = desk.open(PATH).state
    assert (names(state)[0], names(state)[-1]) == ("Alder", "Birch")
    assert (state.has_run, state.is_loaded, state.total, state.order) == (True, True, 5, "-amount")
    assert state.counts["under"] == "1"
    assert [(each.currency, each.under, each.over) for each in state.sums] == [
        ("USD", "+180.00", "0.00"),
        ("EUR", "0.00", "−150.00"),
    ]
    assert [row.number for row in rows_of(state)] == [1, 2, 3, 4, 5]


def test_rows_are_sent_before_anything_is_counted_over_them(desk: Desk) -> None:
    sent: list[tuple[int, int, int, bool]] = []

    async def load() -> AsyncIterator[Any]:
        state = desk.state
        async for step in state.load():
            sent.append((len(rows_of(state)), len(state.sums), len(state.services), state.is_busy))
            yield step

    desk.at(PATH).run(load)
    assert sent[0] == (0, 0, 0, True)
    assert sent[1] == (5, 0, 0, False), "nobody waits for sums and menus to see what to review"
    assert sent[2] == (5, 2, len(desk.state.services), False)
    assert desk.state.services


def test_a_row_says_all_in_words(desk: Desk) -> None:
    row = rows_of(desk.open(PATH, "?view=under").state)[0]
    assert (row.client, row.service, row.billed, row.expected, row.delta) == ("Alder", "SRV name", "1", "4", "+3")
    assert (row.amount, row.currency, row.direction, row.quiet) == ("+180.00", "USD", "under", False)
    assert (row.kind, row.state, row.state_of) == ("Calculated", "To review", "open")


def test_an_account_leads_to_its_mapping(desk: Desk) -> None:
    (row,) = rows_of(desk.open(PATH, "?view=unmapped").state)
    assert (row.client, row.service, row.amount) == ("", "Account N9 (NinjaOne)", "")
    assert row.map_href.startswith("/clients?account=")


def test_the_address_decides_what_is_shown(desk: Desk) -> None:
    state = desk.open(PATH, "?find=birch&sort=client").state
    assert names(state) == ["Birch"]
    assert (state.total, state.in_view, state.is_filtered) == (1, 5, True)
    assert state.export_href == "/exports/findings.csv?find=birch&sort=client"


def test_a_filter_goes_into_the_address_and_the_export(desk: Desk) -> None:
    desk.open(PATH).run(desk.state.pick, "currency", "EUR")
    assert names(desk.state) == ["Birch"]
    assert "history.pushState" in desk.scripts
    assert "/billing/review?currency=EUR" in desk.scripts
    assert desk.state.export_href == "/exports/findings.csv?currency=EUR"
    assert (desk.state.total, desk.state.one_currency) == (1, "EUR")
    desk.run(desk.state.pick, "currency", "")
    assert desk.state.total == 5


def test_typing_keeps_one_entry_of_the_history(desk: Desk) -> None:
    desk.open(PATH).run(desk.state.search, "  alder ")
    assert set(names(desk.state)) == {"Alder"}
    assert "history.replaceState" in desk.scripts


def test_sorting_turns_around(desk: Desk) -> None:
    desk.open(PATH, "?view=&sort=client").run(desk.state.sort_by, "client")
    assert desk.state.order == "-client"
    assert names(desk.state)[0] == "Birch"
    assert "sort=-client" in desk.scripts


def test_clearing_keeps_the_view_and_the_order(desk: Desk) -> None:
    desk.open(PATH, "?view=over&find=zzz&sort=age").run(desk.state.clear)
    assert names(desk.state) == ["Birch"]
    assert desk.state.asked["view"] == "over"
    assert desk.state.order == "age"


def test_what_hides_everything_is_said(desk: Desk) -> None:
    state = desk.open(PATH, "?find=zzz").state
    assert (names(state), state.total, state.in_view) == ([], 0, 5)


def test_a_broken_address_is_said_and_can_be_left(desk: Desk) -> None:
    state = desk.open(PATH, "?kind=nonsense").state
    assert "does not exist" in state.problem
    desk.run(state.clear)
    assert (state.problem, len(names(state))) == ("", 5)


def test_a_filter_from_a_strange_client_is_refused(desk: Desk) -> None:
    desk.open(PATH)
    with pytest.raises(Invalid):
        desk.run(desk.state.pick, "kind", "everything")


def test_the_named_finding_opens_with_its_place(desk: Desk) -> None:
    first = rows_of(desk.open(PATH).state)[0].id
    desk.open(PATH, f"?open={first}")
    (arriving,) = [each for each in desk.told if each.handler is not None and each.handler.fn.__name__ == "arrive"]
    assert "1" in str(arriving.args)


def test_the_open_finding_stays_in_the_address_while_filtering(desk: Desk) -> None:
    desk.open(PATH)
    finding_id = rows_of(desk.state)[0].id
    desk.run(desk.of(FindingState).open, finding_id, 1)
    desk.run(desk.state.pick, "direction", "under")
    assert f"open={finding_id}" in desk.scripts


def test_pages_follow_without_a_gap(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcx_app.domain.reconcile.screens.repository.PAGE_SIZE", 1)
    desk.open(PATH)
    while desk.state.has_more:
        desk.run(desk.state.more)
    assert [row.number for row in rows_of(desk.state)] == [1, 2, 3, 4, 5]
    assert len({row.id for row in rows_of(desk.state)}) == 5
    depth = parts.used(desk.state)
    desk.open(PATH)
    assert parts.used(desk.state) == depth, "coming back finds the list as long as it was left"


def test_another_workspace_sees_nothing_of_it(estate: World) -> None:
    state = Desk(estate.theirs, QueueRowsState).open(PATH).state
    assert (names(state), state.has_run, state.total) == ([], False, 0)
