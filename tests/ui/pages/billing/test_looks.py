"""What a person changes of a list's look: columns, saved views, display currency; and the flagged page's handlers."""

from __future__ import annotations

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.views import currencies, settings
from rcx_app.ui.pages.billing.client.state import ClientSeatsState
from rcx_app.ui.pages.billing.looks.state import LooksState
from rcx_app.ui.pages.billing.queue.state import QueueRowsState
from rcx_app.ui.pages.flagged.state import FlaggedRowsState
from rcx_app.ui.pages.settings_data.state import DataSettingsState
from tests.conftest import World
from tests.ui.pages.billing.desk import Desk
from tests.ui.pages.billing.test_queue import names, rows_of


@pytest.fixture
def desk(estate: World) -> Desk:
    desk = Desk(estate.ours, QueueRowsState).open("/billing/review", "?view=under")
    return desk.run(desk.of(LooksState).look)


def _in_euro(context: Context, view: str = "all") -> None:
    with transaction(context) as session:
        settings.save(session, context, display_currency="EUR", contract_view=view, inactive_days=30)
        currencies.enter(session, context, "USD", "2026-01-01", "0.5")


def test_a_column_goes_and_comes_back(desk: Desk) -> None:
    state = desk.of(LooksState)
    assert "no-9" not in state.hides["queue"].split()
    desk.run(state.toggle, "queue", "kind")
    assert "no-9" in state.hides["queue"].split()
    desk.run(state.look)
    assert state.shown["queue"]["kind"] is False
    desk.run(state.own_columns, "queue")
    assert state.shown["queue"]["kind"] is True


def test_without_a_display_currency_its_column_is_not_there(desk: Desk, estate: World) -> None:
    state = desk.of(LooksState)
    assert "no-8" in state.hides["queue"].split()
    _in_euro(estate.ours)
    desk.run(state.look)
    assert "no-8" not in state.hides["queue"].split()


def test_what_the_list_shows_is_saved_as_a_view_and_opened_by_its_address(desk: Desk) -> None:
    state = desk.of(LooksState)
    desk.run(state.edit, "queue", dict(desk.state.asked)).run(state.save, {"name": "Under"})
    (view,) = state.lists["queue"]
    assert (view.name, view.href, state.editing) == ("Under", "/billing/review?view=under", "")
    desk.run(state.edit, "queue", {}).run(state.save, {"name": "Under"})
    assert "already" in state.wrong
    desk.run(state.rename, view.id, "Too little").run(state.share, view.id, True)
    assert [(each.name, each.is_shared) for each in state.own] == [("Too little", True)]
    desk.run(state.delete, view.id)
    assert state.lists["queue"] == []


def test_a_dialog_left_open_is_closed_on_the_next_page(desk: Desk) -> None:
    state = desk.of(LooksState)
    desk.run(state.edit, "queue", {}).run(state.look)
    assert state.editing == ""


def test_amounts_stand_beside_native_ones_with_their_rate(desk: Desk, estate: World) -> None:
    _in_euro(estate.ours)
    state = desk.open("/billing/review").state
    first = rows_of(state)[0]
    assert (first.amount, first.currency, first.display) == ("+180.00", "USD", "+90.00")
    assert first.display_of == "1 USD = 0.5 EUR of 1 Jan 2026, for viewing only"
    assert state.sums_display == "+90.00 −150.00 EUR"


def test_a_total_without_a_rate_says_so(desk: Desk, estate: World) -> None:
    with transaction(estate.ours) as session:
        settings.save(session, estate.ours, display_currency="GBP", contract_view="all", inactive_days=30)
    state = desk.open("/billing/review").state
    assert state.sums_display == "0.00 0.00 GBP without EUR, USD (no rate)"
    assert rows_of(state)[0].display == "no rate"


def test_a_first_month_says_so(desk: Desk) -> None:
    assert {row.trend_said for row in rows_of(desk.state)} == {"First month"}


@pytest.mark.parametrize(("view", "query", "hidden"), [("all", "", 0), ("mapped", "", 1), ("mapped", "?lines=all", 0)])
def test_a_clients_page_says_which_lines_are_hidden(estate: World, view: str, query: str, hidden: int) -> None:
    _in_euro(estate.ours, view)
    queue = Desk(estate.ours, QueueRowsState).open("/billing/review", "?view=under")
    with transaction(estate.ours, read_only=True) as session:
        alder = screens.client_table(session, estate.ours).items[0]
    assert names(queue.state) == [alder.name]
    shown = Desk(estate.ours, ClientSeatsState).open(f"/billing/clients/{alder.client_id}", query).state.view
    assert (shown.lines_hidden, len(shown.lines)) == (hidden, 2 - hidden)


def test_the_flagged_page_narrows_and_keeps_its_address(estate: World) -> None:
    desk = Desk(estate.ours, FlaggedRowsState).open("/billing/flagged")
    state = desk.state
    assert state.total == len(rows_of(state)) == state.in_group > 0
    kind = state.kinds[0].value
    desk.run(state.pick, "kind", kind)
    assert f"/billing/flagged?kind={kind}" in desk.scripts
    assert f"{state.total:,}" == state.kinds[0].count
    desk.run(state.search, "nothing of this name")
    assert (rows_of(state), state.is_filtered) == ([], True)
    desk.run(state.clear)
    assert state.total == state.in_group
    assert desk.open("/billing/flagged", "?group=nonsense").state.problem


def test_rates_are_kept_one_by_one_and_as_a_file(estate: World) -> None:
    desk = Desk(estate.ours, DataSettingsState).open("/settings/data")
    state = desk.state
    desk.run(state.save, {"display_currency": "eur", "contract_view": "mapped", "inactive_days": "45"})
    assert (state.display_currency, state.contract_view, state.inactive_days) == ("EUR", "mapped", "45")
    assert state.rateless == "USD"
    desk.run(state.enter, {"currency": "USD", "day": "2026-11-01", "rate": "0.92"})
    desk.run(state.paste, {"csv": "GBP,2026-11-01,1.15\nCHF,yesterday,1"})
    assert "Row 2" in state.wrong_file
    assert [(each.currency, each.rate, each.day) for each in state.rates] == [("USD", "0.92", "1 Nov 2026")]
    desk.run(state.save, {"display_currency": "EUR", "contract_view": "all", "inactive_days": "many"})
    assert "1 to 365" in state.wrong
    desk.run(state.delete, state.rates[0].id)
    assert state.rates == []
