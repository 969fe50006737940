"""Held counts on the integrations page: what they say, who may confirm which, and with which number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.records import Account, Seat
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted, Unavailable
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.domain.sync.falls.schemas import FallView
from rcx_app.ui.guard import permission_of
from rcx_app.ui.pages.integrations.falls import rows
from rcx_app.ui.pages.integrations.falls.state import FallsState
from tests.conftest import World
from tests.domain.sync.source import Script, connect
from tests.ui.pages.integrations.tab import Tab

LIST = "/integrations?held=all"
VIEW = FallView(
    id=1,
    connection_id=7,
    connection="Microsoft 365",
    account_id=3,
    account="alder.example",
    client_id=5,
    client_name="Alder",
    sku_name="E3",
    before=Decimal("1200"),
    after=Decimal("2.50"),
    fell_at=datetime(2026, 11, 21, 9, 5, tzinfo=UTC),
)


def fallen(context: Context, connection_id: int, **counts: tuple[int, ...]) -> None:
    """Syncs of a connection, one after the other: how many seats each account has in each."""
    for at in range(max(len(each) for each in counts.values())):
        with transaction(context) as session:
            run = sync.begin(session, context, connection_id)
            sync.stage(session, context, run, "accounts", [Account(external_id=each, name=each) for each in counts])
            seats = [
                Seat(external_id=f"{name}/{number}", account_external_id=name, sku="E3", sku_name="E3")
                for name, by_sync in counts.items()
                for number in range(by_sync[at])
            ]
            sync.stage(session, context, run, "seats", seats)
            sync.switch(session, context, run, complete_streams=["accounts", "seats"])


@pytest.fixture
def connection(ours: Context, vendor: Script) -> int:
    """A connection that can be synced: Alder fell from 12 to 2, Birch from 30 to 0, Cedar did not."""
    number = connect(ours, "Cloud")
    fallen(ours, number, Alder=(12, 2), Birch=(30, 0), Cedar=(8, 5))
    return number


def held(context: Context) -> dict[str, FallView]:
    with transaction(context, read_only=True) as session:
        return {each.account: each for each in falls.held(session, context)}


def opened(context: Context, address: str = LIST) -> tuple[Tab, Any]:
    tab = Tab(context)
    return tab, tab.opened(FallsState, address)


def test_a_held_count_in_words() -> None:
    row = rows.fall_row(VIEW, {7})
    assert (row.client, row.account, row.what, row.before, row.after) == (
        "Alder",
        "alder.example",
        "E3",
        "1,200",
        "2.5",
    )
    assert (row.at, row.connection_href, row.may_sync) == ("21 Nov 2026, 09:05 UTC", "/integrations?connection=7", True)
    assert not rows.fall_row(VIEW, {8}).may_sync
    assert rows.fall_row(replace(VIEW, sku_name=""), ()).what == "Seats"


def test_the_question_says_what_follows() -> None:
    one = rows.asked([VIEW])
    assert (one.title, one.act, one.named) == ("Is this count right?", "It is right", ["Alder: E3 from 1,200 to 2.5"])
    assert one.consequence == "The findings of Alder become ready with 2.5 in place of 1,200."
    loose = replace(VIEW, id=2, client_id=None, client_name="")
    assert "has no client yet" in rows.asked([loose]).consequence
    assert "no client yet" in rows.asked([loose, loose]).consequence
    birch = replace(VIEW, id=3, client_id=6, client_name="Birch")
    many = rows.asked([VIEW, VIEW, birch, loose])
    assert (many.title, many.act) == ("Are these 4 counts right?", "Confirm 4 counts")
    assert many.consequence == (
        "The findings of 2 clients become ready with the new numbers; 1 count waits until its account is mapped."
    )
    assert (len(rows.asked([VIEW] * 9).named), rows.asked([VIEW] * 9).more) == (6, "and 3 more")


def test_the_page_says_how_many_are_held_and_lists_them_where_it_is_asked(ours: Context, connection: int) -> None:
    _, state = opened(ours, "/integrations")
    assert (state.headline, state.number, state.shown) == ("2 counts fell too far to be believed", 2, [])
    _, state = opened(ours)
    assert [(row.account, row.before, row.after) for row in state.shown] == [("Birch", "30", "0"), ("Alder", "12", "2")]
    assert all(row.may_sync for row in state.shown)


def test_nothing_is_said_where_nothing_is_held(ours: Context) -> None:
    _, state = opened(ours)
    assert (state.headline, state.number, state.shown, state.is_loaded) == ("", 0, [], True)


def test_a_connection_shows_its_own(ours: Context, connection: int) -> None:
    with transaction(ours) as session:
        files = integrations.create(session, ours, side="usage", label="Exports")
    fallen(ours, files, Dogwood=(9, 0))
    _, state = opened(ours, f"/integrations?connection={files}")
    assert ([row.account for row in state.of_open], state.open_number, state.number) == (["Dogwood"], 1, 3)
    assert not state.of_open[0].may_sync, "no sync can be asked of files"
    _, state = opened(ours, f"/integrations?held={connection}")
    assert (state.connection, [row.account for row in state.shown], state.listed) == ("Cloud", ["Birch", "Alder"], 2)


def test_one_is_confirmed_after_the_question(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    alder = held(ours)["Alder"]
    tab.call(state, "ask", fall_id=alder.id)
    assert state.asked.named == ["Alder: E3 from 12 to 2"]
    assert len(held(ours)) == 2, "asking confirms nothing"
    said = tab.call(state, "confirm")
    assert "1 count confirmed" in str(said[-1].args)
    assert (list(held(ours)), [row.account for row in state.shown], state.asked.title) == (["Birch"], ["Birch"], "")
    assert tab.call(state, "confirm") is None, "what was asked is asked once"
    assert list(held(ours)) == ["Birch"]


def test_closing_the_question_confirms_nothing(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    tab.call(state, "ask", fall_id=held(ours)["Alder"].id)
    tab.call(state, "close")
    assert tab.call(state, "confirm") is None
    assert len(held(ours)) == 2


def test_several_are_selected_and_confirmed_at_once(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    state._depth = 1
    tab.call(state, "reload")
    assert len(state.shown) == 1
    tab.call(state, "toggle_all")
    assert (len(state.selected), state.is_all_selected) == (2, True), "also those that are not drawn"
    tab.call(state, "toggle", fall_id=held(ours)["Birch"].id)
    assert (state.selected, state.is_all_selected) == ([held(ours)["Alder"].id], False)
    tab.call(state, "toggle", fall_id=held(ours)["Birch"].id)
    tab.call(state, "ask_selected")
    assert state.asked.title == "Are these 2 counts right?"
    tab.call(state, "confirm")
    assert (held(ours), state.selected, state.number) == ({}, [], 0)


def test_the_rest_of_a_long_list_follows(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    state._depth = 0
    tab.call(state, "reload")
    assert (state.shown, state.listed) == ([], 2)
    tab.call(state, "more")
    assert len(state.shown) == 2


def test_a_number_that_a_sync_changed_meanwhile_is_not_confirmed(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    tab.call(state, "ask", fall_id=held(ours)["Alder"].id)
    fallen(ours, connection, Alder=(1,), Birch=(0,), Cedar=(5,))
    said = tab.call(state, "confirm")
    assert "another number" in str(said.args)
    assert (held(ours)["Alder"].after, state.asked.title) == (1, "")
    assert {row.account: row.after for row in state.shown}["Alder"] == "1", "the list shows what is there now"


def test_the_row_in_hand_stays_until_another_list_is_opened(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    alder = held(ours)["Alder"].id
    tab.call(state, "look", fall_id=alder)
    tab.call(state, "toggle", fall_id=alder)
    tab.call(state, "reload")
    assert (state.current, state.selected) == (str(alder), [alder])
    again = tab.opened(FallsState, f"/integrations?held={connection}")
    assert (again.current, again.selected, again.listed) == ("", [], 2)


def test_what_recovered_leaves_the_selection(ours: Context, connection: int) -> None:
    tab, state = opened(ours)
    tab.call(state, "toggle_all")
    fallen(ours, connection, Alder=(11,), Birch=(0,), Cedar=(5,))
    tab.call(state, "reload")
    assert (state.selected, [row.account for row in state.shown]) == ([held(ours)["Birch"].id], ["Birch"])


def test_foreign_counts_are_not_found(sqlite_world: World, ours: Context, connection: int) -> None:
    tab, state = opened(sqlite_world.theirs)
    assert (state.number, state.shown) == (0, [])
    foreign = held(ours)["Alder"].id
    for handler in ("ask", "toggle"):
        with pytest.raises(NotFound):
            tab.call(state, handler, fall_id=foreign)
    _, theirs = opened(sqlite_world.theirs, f"/integrations?held={connection}&connection={connection}")
    assert (theirs.shown, theirs.of_open, theirs.connection) == ([], [], "")
    assert len(held(ours)) == 2


def test_a_viewer_sees_the_list_and_confirms_nothing(sqlite_world: World, ours: Context, connection: int) -> None:
    viewer = sqlite_world.as_role(Role.VIEWER)
    tab, state = opened(viewer)
    assert (len(state.shown), state.may_import) == (2, False)
    for handler in ("ask", "ask_selected", "confirm"):
        needed = permission_of(FallsState.event_handlers[handler].fn)
        assert needed is not None
        with pytest.raises(NotPermitted):
            viewer.require(needed)
    tab.call(state, "ask", fall_id=held(ours)["Alder"].id)
    tab.call(state, "confirm")
    assert len(held(ours)) == 2, "the service refuses what got past the page"


def test_a_list_that_can_not_be_read_says_so(ours: Context, connection: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tab, state = opened(ours)

    def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.", remedy="Try again.")

    monkeypatch.setattr(falls, "held", fails)
    tab.call(state, "reload")
    assert (state.problem, state.remedy, state.is_loaded) == ("The database does not answer.", "Try again.", True)
    monkeypatch.undo()
    tab.call(state, "reload")
    assert (state.problem, len(state.shown)) == ("", 2)


@pytest.mark.parametrize("asked", ["nonsense", "-1", "9" * 40, "1' or 1"])
def test_an_address_that_asks_for_nothing_shows_no_list(ours: Context, connection: int, asked: str) -> None:
    _, state = opened(ours, f"/integrations?held={asked}")
    assert (state.filter, state.shown, state.number) == ("", [], 2)
