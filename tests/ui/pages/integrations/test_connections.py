"""The list of connections and the syncs under way, handler by handler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Account
from jobs import runner
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.pagination import PAGE_SIZE
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import api, service, syncing
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync import service as sync
from rcx_app.ui.pages.integrations.act_state import ActsState
from rcx_app.ui.pages.integrations.catalogue_state import CatalogueState
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState
from rcx_app.ui.pages.integrations.sync_state import SyncsState
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in
from tests.domain.integrations.files import devices
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.source import Script, connect
from tests.ui.pages.integrations.tab import Tab


def listed(tab: Tab, query: str = "") -> Any:
    return tab.opened(IntegrationsRowsState, f"/integrations{query}")


def accounts(number: int) -> list[Account]:
    return [Account(external_id=f"a{at}", name=f"Client {at}") for at in range(number)]


def test_the_list_says_how_each_is_read_and_what_may_be_done(ours: Context, vendor: Script) -> None:
    bring_in(ours, devices(("Acme", "d1")), "devices.csv")
    connect(ours, "Fake EU")
    state = listed(Tab(ours))
    assert [(row.label, row.detail, row.is_api, row.may_sync, row.health) for row in state.connections] == [
        ("Fake EU", "Fake Vendor", True, True, "Never synced"),
        ("NinjaOne", "", False, False, "Healthy"),
    ]
    assert (state.total, state.connectors, state.can_sync, state.healthy, state.attention) == (2, 2, True, 1, 1)


def test_a_connection_is_found_by_its_label_or_vendor(ours: Context, vendor: Script) -> None:
    connect(ours, "East")
    connect(ours, "West")
    tab = Tab(ours)
    state = listed(tab)
    for text, found in (
        ("east", ["East"]),
        ("fake vendor", ["East", "West"]),
        ("east west", []),
        ("", ["East", "West"]),
    ):
        address = tab.call(state, "search", text=text)
        assert [row.label for row in state.connections] == found
        assert ("find=" in str(address.args)) == bool(text)
    assert state.total == 2
    assert [row.label for row in listed(tab, "?find=west").connections] == ["West"]


def test_a_sync_shows_while_it_waits_and_its_result_when_it_has_ended(
    ours: Context, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.has(*accounts(3))
    connection_id = connect(ours)
    tab = Tab(ours)
    syncs, state = tab.state(SyncsState), listed(tab)
    tab.call(syncs, "sync", connection_id=connection_id, full=False)
    tab.call(state, "reload")
    (row,) = state.connections
    assert (row.health, row.is_syncing, state.syncing) == ("Waiting", True, 1)
    seen = []

    async def worked(_: float) -> None:
        seen.append(dict(syncs.lines))
        with transaction(ours, read_only=True) as session:
            (job,) = api.open_syncs(session, ours).values()
        runner.run_job(job.id)

    monkeypatch.setattr("rcx_app.ui.pages.integrations.sync_state.asyncio.sleep", worked)
    told = tab.call(syncs, "follow")
    assert [line.note for line in seen[0].values()] == ["Waiting for its turn"]
    assert syncs.lines == {}
    assert "Fake is synced" in str(told[-1].args)
    assert "3 accounts; 3 records changed." in str(told[-1].args)
    assert told[:-1] == [IntegrationsRowsState.reload] * 2
    tab.call(state, "reload")
    state = listed(tab, f"?connection={connection_id}")
    assert (state.open.health, state.open.rows_title, state.open.is_syncing) == ("Healthy", "3 accounts", False)
    (run,) = state.runs
    assert (run.result, run.rows, run.changes) == ("Complete", "3", "3 added")
    assert [(line.name, line.read, line.added) for line in state.run.lines if line.read != "0"] == [
        ("Accounts", "3", "3")
    ]


def test_how_far_a_running_sync_is(ours: Context, vendor: Script) -> None:
    seen = []

    def look(_: object) -> None:
        tab = Tab(ours)
        syncs = tab.state(SyncsState)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rcx_app.ui.pages.integrations.sync_state.asyncio.sleep", _end)
            with pytest.raises(EndOfLook):
                tab.call(syncs, "follow")
        seen.append((dict(syncs.lines), listed(tab).connections[0].health))

    vendor.has(*accounts(2))
    vendor.steps["seats"] = [look]
    connection_id = connect(ours)
    run_sync(ours, connection_id)
    ((lines, health),) = seen
    line = lines[str(connection_id)]
    assert (line.note, health) == ("2 accounts, 0 SKUs; reading seats", "Syncing")
    assert line.detail.endswith(" s")


class EndOfLook(Exception):
    """The follower wants to wait."""


async def _end(_: float) -> None:
    raise EndOfLook


def test_a_sync_is_stopped_and_nothing_of_it_remains(ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    tab = Tab(ours)
    syncs = tab.state(SyncsState)
    tab.call(syncs, "sync", connection_id=connection_id, full=True)
    tab.call(syncs, "stop", connection_id=connection_id)
    assert tab.call(syncs, "follow") == []
    assert listed(tab).connections[0].health == "Never synced"


def test_a_stopped_sync_is_followed_until_its_worker_has_let_go(
    ours: Context, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job has ended at once, its run only when the worker comes to look."""
    connection_id = connect(ours)
    tab = Tab(ours)
    syncs, state = tab.state(SyncsState), listed(tab, f"?connection={connection_id}")
    steps = iter(("begin", "stop", "let go"))

    async def meanwhile(_: float) -> None:
        with transaction(ours) as session:
            match next(steps):
                case "begin":
                    sync.begin(session, ours, connection_id)
                case "stop":
                    syncing.cancel_syncs(session, ours, connection_id)
                case "let go":
                    (run,) = sync.runs(session, ours, connection_id).items
                    sync.abandon(session, ours, run.id)

    tab.call(syncs, "sync", connection_id=connection_id, full=False)
    monkeypatch.setattr("rcx_app.ui.pages.integrations.sync_state.asyncio.sleep", meanwhile)
    told = tab.call(syncs, "follow")
    assert next(steps, None) is None
    assert told[-1] == IntegrationsRowsState.reload
    assert sum("was stopped" in str(each.args) for each in told if each != IntegrationsRowsState.reload) == 1
    tab.call(state, "reload")
    assert [run.result for run in state.runs] == ["Stopped"]


def test_everything_that_can_be_synced_is_synced(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    syncs = tab.state(SyncsState)
    said = tab.call(syncs, "sync_all", full=False)
    assert "There is nothing to sync" in str(said.args)
    one, two = connect(ours, "One"), connect(ours, "Two")
    with transaction(ours) as session:
        service.set_enabled(session, ours, two, enabled=False)
    tab.call(syncs, "sync_all", full=False)
    with transaction(ours, read_only=True) as session:
        assert list(api.open_syncs(session, ours)) == [one]


def test_a_failed_run_says_whose_turn_it_is_and_keeps_the_rows(ours: Context, vendor: Script) -> None:
    vendor.has(*accounts(2))
    connection_id = connect(ours)
    run_sync(ours, connection_id)
    vendor.sign_in = ApiFailure("credentials_expired", "Fake Vendor")
    run_sync(ours, connection_id)
    state = listed(Tab(ours), f"?connection={connection_id}")
    assert (state.open.health, state.open.rows_title) == ("Failed", "2 accounts")
    assert (state.failure.message, state.failure.whose) == (
        "The credentials for Fake Vendor have expired.",
        "Yours to fix",
    )
    assert [run.result for run in state.runs] == ["Failed", "Complete"]
    assert [(each.message, each.remedy) for each in state.run.failures] == [
        ("The credentials for Fake Vendor have expired.", "Make new ones and enter them here.")
    ]
    assert state.is_run_told, "once is enough"
    earlier = listed(Tab(ours), f"?connection={connection_id}&run={state.runs[1].id}")
    assert (earlier.run.result, earlier.run.failures, earlier.is_run_told) == ("Complete", [], False)


def test_a_partly_read_run_names_what_stayed_as_it_was(ours: Context, vendor: Script) -> None:
    vendor.has(*accounts(1))
    vendor.steps["seats"] = [ApiFailure("vendor_down", "Fake Vendor")]
    connection_id = connect(ours)
    run_sync(ours, connection_id)
    state = listed(Tab(ours), f"?connection={connection_id}")
    assert (state.open.health, state.failure.whose, state.failure.what) == ("Partly read", "The vendor's turn", "Seats")


def test_going_to_the_next_connection_keeps_the_list_and_reading_the_page_anew_does_not(
    ours: Context, vendor: Script
) -> None:
    one, two = connect(ours, "One"), connect(ours, "Two")
    tab = Tab(ours)
    assert listed(tab, f"?connection={one}").open.label == "One"
    with transaction(ours) as session:
        service.rename(session, ours, one, "First")
        sync.begin(session, ours, two)
    state = listed(tab, f"?connection={two}")
    assert (state.open.label, [run.result for run in state.runs]) == ("Two", ["Running"])
    assert [row.label for row in state.connections] == ["One", "Two"]
    state = listed(tab, f"?connection={two}")
    assert [row.label for row in state.connections] == ["First", "Two"]
    third = connect(ours, "Third")
    assert listed(tab, f"?connection={third}").open.label == "Third", "one that the list does not have yet"


def test_older_runs_come_page_by_page(ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    with transaction(ours) as session:
        for _ in range(PAGE_SIZE + 3):
            sync.abandon(session, ours, sync.begin(session, ours, connection_id))
    tab = Tab(ours)
    state = listed(tab, f"?connection={connection_id}")
    assert (len(state.runs), state.has_more_runs) == (PAGE_SIZE, True)
    tab.call(state, "more_runs")
    assert (len({run.id for run in state.runs}), state.has_more_runs) == (PAGE_SIZE + 3, False)
    tab.call(state, "more_runs")
    assert len(state.runs) == PAGE_SIZE + 3


def test_disconnecting_keeps_the_data_and_new_credentials_bring_it_back(ours: Context, vendor: Script) -> None:
    vendor.has(*accounts(2))
    connection_id = connect(ours)
    run_sync(ours, connection_id)
    tab = Tab(ours)
    acts = tab.state(ActsState)
    tab.call(acts, "ask", act="disconnect", connection_id=connection_id)
    assert (acts.dialog, acts.about.label, acts.about.rows_title) == ("disconnect", "Fake", "2 accounts")
    tab.call(acts, "disconnect")
    state = listed(tab, f"?connection={connection_id}")
    assert (acts.dialog, state.open.health, state.open.is_connected) == ("", "Disconnected", False)
    assert (state.open.rows_title, state.open.may_sync, state.can_sync) == ("2 accounts", False, False)


def test_ids_of_another_workspace_are_not_found(sqlite_world: World, ours: Context, vendor: Script) -> None:
    theirs = connect(sqlite_world.theirs, "Quillfeather")
    tab = Tab(ours)
    state = listed(tab, f"?connection={theirs}")
    assert (state.is_missing, state.open.id, state.runs) == (True, "", [])
    tab.call(state, "reload")
    assert state.is_missing
    for handler, payload in (("sync", {"full": False}), ("stop", {})):
        with pytest.raises(NotFound):
            tab.call(tab.state(SyncsState), handler, connection_id=theirs, **payload)
    for handler, payload in (("ask", {"act": "rename"}), ("switch", {"on": False})):
        with pytest.raises(NotFound):
            tab.call(tab.state(ActsState), handler, connection_id=theirs, **payload)


def test_a_viewer_may_look_and_nothing_else(sqlite_world: World, ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    viewer = Tab(sqlite_world.as_role(Role.VIEWER))
    assert listed(viewer).connections[0].label == "Fake"
    with pytest.raises(NotPermitted):
        viewer.call(viewer.state(SyncsState), "sync", connection_id=connection_id, full=False)
    with pytest.raises(NotPermitted):
        viewer.call(viewer.state(SyncsState), "stop", connection_id=connection_id)
    with pytest.raises(NotPermitted):
        viewer.call(viewer.state(ActsState), "switch", connection_id=connection_id, on=False)


def test_the_catalogue_is_searched_by_name_category_and_summary(ours: Context, vendor: Script) -> None:
    connect(ours)
    tab = Tab(ours)
    state = tab.opened(CatalogueState, "/integrations?tab=catalogue")
    assert ([card.name for card in state.psa], [card.name for card in state.usage]) == (
        ["Movable PSA"],
        ["Fake Vendor"],
    )
    (fake,) = state.usage
    assert fake.connected == "1 connection"
    assert fake.reads == "Accounts, SKUs, seats, subscriptions, charges; later only changes in 1 of 5"
    assert (fake.writes, state.psa[0].writes) == ("Only reads", "Can write quantities")
    assert (fake.proof, state.psa[0].proof) == (
        "From the vendor's documentation only",
        "Held against the vendor's specification",
    )
    tab.call(state, "search", text="VENDOR test")
    assert ([card.name for card in state.psa], state.shown) == ([], 1)
    tab.call(state, "search", text="vendor nothing")
    assert (state.shown, state.usage) == (0, [])
    again = tab.opened(CatalogueState, "/integrations?tab=catalogue&find=movable")
    assert (again.find, again.shown) == ("movable", 1)


def test_the_list_says_when_each_is_read_next_by_itself(ours: Context, vendor: Script) -> None:
    bring_in(ours, devices(("Acme", "d1")), "devices.csv")
    down, off, well = connect(ours, "Down"), connect(ours, "Off"), connect(ours, "Well")
    vendor.steps["accounts"] = [ApiFailure("vendor_down", "Fake Vendor")]
    run_sync(ours, down)
    with transaction(ours) as session:
        service.set_enabled(session, ours, off, enabled=False)
    tab = Tab(ours)
    state = listed(tab, f"?connection={down}")
    assert {row.label: row.next_why for row in state.connections} == {
        "Down": "Tried again, since its last sync failed", "Off": "", "Well": "", "NinjaOne": ""
    }  # fmt: skip
    row = next(each for each in state.connections if each.number == down)
    assert state.run.again == f"It is tried again by itself at {row.next}."
    with transaction(ours) as session:
        schedules.save(session, ours, replace(schedules.schedule(session, ours).chosen, is_weekly=True))
    state = listed(Tab(ours))
    found = {row.label: (row.next_why, row.next_iso) for row in state.connections}
    with transaction(ours, read_only=True) as session:
        at = schedules.next_start(session, ours)
    assert at is not None
    assert found["Well"] == ("By the automatic sync", at.isoformat())
    assert (found["Off"], found["NinjaOne"]) == (("", ""), ("", ""))
    assert found["Down"][0] == "Tried again, since its last sync failed", "whichever comes first"
    assert well


@pytest.mark.parametrize("find", ["", "fake"])
def test_many_connections_come_page_by_page_and_none_is_lost(ours: Context, vendor: Script, find: str) -> None:
    labels = [f"{name} {number:03}" for number in range(40) for name in ("eins", "Zwei", "öre")]
    for label in labels:
        connect(ours, label)
    tab = Tab(ours)
    state = listed(tab, f"?find={find}&connection=119" if find else "?connection=119")
    assert (len(state.connections), state.total, state.found) == (PAGE_SIZE, 120, 120)
    assert state.has_more_connections
    assert state.open.number == 119, "also one that is not on the page yet"
    connect(ours, "aaa: comes before those that were seen")
    for expected in (2 * PAGE_SIZE, 120):
        tab.call(state, "more_connections")
        assert len(state.connections) == expected
    assert not state.has_more_connections
    assert sorted(row.label for row in state.connections) == sorted(labels)
    tab.call(state, "reload")
    assert len(state.connections) == 120, "what was fetched stays on the page"
    assert state.total == 121
    tab.call(state, "search", text="zwei 007")
    assert ([row.label for row in state.connections], state.found) == (["Zwei 007"], 1)
    assert state.attention == 121, "how all do does not hang on what is looked for"
