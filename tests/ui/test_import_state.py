"""The import of a file as its page's state goes through it, handler by handler, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from reflex.event import EventSpec

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.permissions import Role
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.integrations.act_state import ActsState
from rcx_app.ui.pages.integrations.reading import take_field
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState
from rcx_app.ui.pages.integrations.wizard_state import ImportRowsState
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in, upload, work_off
from tests.domain.integrations.files import devices, lines, seats
from tests.ui.pages.integrations.tab import Tab

TEN = [("Acme", f"d{number}") for number in range(10)]


@pytest.fixture
def ours(sqlite_world: World) -> Iterator[Context]:
    yield sqlite_world.ours
    forget_caller()


def opened(tab: Tab, import_id: int) -> Any:
    state = tab.state(ImportRowsState, f"/integrations?import={import_id}")
    tab.call(state, "load")
    return state


def test_a_recognised_file_needs_one_press(ours: Context) -> None:
    tab = Tab(ours)
    state = opened(tab, upload(ours, devices(*TEN), "devices.csv"))
    assert (state.head.filename, state.head.stage) == ("devices.csv", "settle")
    assert state.head.recognised.startswith("NinjaOne devices, 9")
    assert (state.head.target, state.head.label, state.is_new_target) == ("new", "NinjaOne", True)
    assert (state.verdict.act, state.verdict.may_start) == ("Import 10 rows", True)
    assert state.verdict.counted == ["1 account", "10 seats"]
    assert [column.header for column in state.columns] == state.preview_headers
    assert len(state.preview) == 10
    tab.call(state, "start", leave_out=False)
    assert (state.head.stage, state.is_checking) == ("importing", True)
    work_off(ours)
    tab.call(state, "reload")
    assert state.head.stage == "done"
    assert [(row.stream, row.read, row.added) for row in state.results] == [
        ("Accounts", "1", "1"),
        ("Seats", "10", "10"),
    ]
    assert state.said == "11 records written."


def test_bad_cells_are_marked_and_rows_left_out_by_name(ours: Context) -> None:
    tab = Tab(ours)
    bad = lines(("c1", "l1", "P1", "5"), ("c1", "l2", "P2", "many"), ("c2", "l3", "P1", "7"))
    state = opened(tab, upload(ours, bad, "lines.csv"))
    assert (state.verdict.errors, state.verdict.refused) == (1, "1 row has an error")
    assert state.verdict.act_without == "Import 2 rows, leave out 1"
    marked = [(line.row, cell.text, cell.tone) for line in state.preview for cell in line.cells if cell.tone]
    assert marked == [("3", "many", "fail")]
    assert [(row.place, row.column, row.value, row.is_error) for row in state.problems] == [
        ("3", "quantity", "many", True)
    ]
    tab.call(state, "start", leave_out=False)
    assert state.wrong.startswith("1 of 3 rows have errors.")
    tab.call(state, "start", leave_out=True)
    work_off(ours)
    tab.call(state, "reload")
    assert state.said.endswith("1 row left out.")


def test_a_doubt_is_shown_and_the_next_press_confirms_it(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    tab = Tab(ours)
    state = opened(tab, upload(ours, devices(*TEN[:2])))
    tab.call(state, "start", leave_out=False)
    work_off(ours)
    tab.call(state, "reload")
    assert state.head.stage == "settle"
    assert state.questions == ["NinjaOne has 10 seats now; this file has 2. The others count as gone."]
    tab.call(state, "start", leave_out=False)
    work_off(ours)
    tab.call(state, "reload")
    assert state.head.stage == "done"


def test_a_column_given_to_a_field_is_taken_from_the_other(ours: Context) -> None:
    assert take_field({"A": "sku", "B": ""}, "B", "sku") == {"A": "", "B": "sku"}
    assert take_field({"A": "sku", "B": ""}, "A", "") == {"A": ""}
    tab = Tab(ours)
    state = opened(tab, upload(ours, devices(*TEN)))
    fed = {column.field: column.header for column in state.columns if column.field}
    assert fed["hostname"] == "System Name"
    tab.call(state, "set_column", header="Display Name", field="hostname")
    assert state.head.stage == "reading"
    work_off(ours)
    tab.call(state, "reload")
    fed = {column.field: column.header for column in state.columns if column.field}
    assert fed["hostname"] == "Display Name"
    assert "display_name" not in fed


def test_what_can_not_be_kept_is_said_in_place(ours: Context) -> None:
    tab = Tab(ours)
    state = opened(tab, upload(ours, devices(*TEN)))
    tab.call(state, "set_target", value="new")
    assert (state.is_new_target, state.head.label) == (True, "")
    tab.call(state, "set_label", label="  My RMM ")
    work_off(ours)
    tab.call(state, "reload")
    assert state.head.label == "My RMM"
    tab.call(state, "set_header_row", text="first")
    assert state.wrong == "The header row is a number from 1 on."
    tab.call(state, "set_option", name="as_of", value="yesterday")
    assert state.wrong.startswith("The as-of date")
    tab.call(state, "set_switch", name="sum_by_sku", value=True)
    work_off(ours)
    tab.call(state, "reload")
    assert state.options.sum_by_sku is True
    assert state.verdict.counted == ["1 account", "1 seat"]


def test_several_integrations_need_no_target(ours: Context) -> None:
    state = opened(Tab(ours), upload(ours, seats(("NinjaOne", "1", "a"), ("Acronis", "1", "b"))))
    assert (state.head.has_target, state.verdict.integrations) == (False, "NinjaOne, Acronis")


def test_an_unreadable_file_and_a_foreign_one(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    tab = Tab(ours)
    state = opened(tab, upload(ours, b"%PDF-1.7 nothing", "invoice.csv"))
    assert state.head.stage == "failed"
    assert state.head.error.startswith("This is a PDF document")
    theirs = Tab(sqlite_world.theirs)
    foreign = opened(theirs, state.head.id)
    assert (foreign.problem, foreign.head.filename) == ("This import was not found.", "")
    foreign.head = replace(foreign.head, id=state.head.id)
    for name, payload in (
        ("start", {"leave_out": False}),
        ("set_column", {"header": "x", "field": ""}),
    ):
        theirs.call(foreign, name, **payload)
        assert foreign.wrong == "This import was not found."
    for name in ("stop", "withdraw", "more_preview"):
        foreign.next_offset = 1
        with pytest.raises(NotFound):
            theirs.call(foreign, name)


def test_nothing_of_one_import_stays_on_the_page_of_another(ours: Context) -> None:
    tab = Tab(ours)
    opened(tab, upload(ours, devices(*TEN), "devices.csv"))
    state = opened(tab, 999)
    assert (state.problem, state.head.filename, state.columns, state.preview) == (
        "This import was not found.",
        "",
        [],
        [],
    )


def test_the_list_shows_health_files_and_what_waits(ours: Context) -> None:
    bring_in(ours, devices(*TEN), "devices.csv")
    waiting = upload(ours, lines(("c1", "l1", "P1", "x")), "lines.csv")
    tab = Tab(ours)
    state = tab.state(IntegrationsRowsState)
    tab.call(state, "load")
    assert [(row.label, row.health, row.tone, row.rows, row.last_file) for row in state.connections] == [
        ("NinjaOne", "Healthy", "ok", "10", "devices.csv")
    ]
    assert [(row.filename, row.state, row.act) for row in state.on_the_way] == [
        ("lines.csv", "1 problem", "Review and import")
    ]
    assert [row.filename for row in state.files] == ["lines.csv", "devices.csv"]
    assert state.on_the_way[0].href == f"/integrations?import={waiting}"
    tab.call(state, "withdraw", import_id=waiting)
    assert state.on_the_way == []


def test_a_connection_is_opened_by_its_address_renamed_and_switched_off(ours: Context) -> None:
    done = bring_in(ours, devices(*TEN), "devices.csv")
    assert done.result is not None
    tab = Tab(ours)
    state = tab.state(IntegrationsRowsState, f"/integrations?connection={done.result.connections[0].connection_id}")
    tab.call(state, "load")
    assert (state.open.label, [(run.result, run.changes) for run in state.runs]) == (
        "NinjaOne",
        [("Complete", "11 added")],
    )
    acts = tab.state(ActsState, f"/integrations?connection={state.open.id}")
    tab.call(acts, "ask", act="rename", connection_id=state.open.number)
    assert (acts.dialog, acts.about.label) == ("rename", "NinjaOne")
    tab.call(acts, "rename", form={"label": " "})
    assert acts.wrong.startswith("A label has")
    tab.call(acts, "rename", form={"label": "Ninja EU"})
    tab.call(state, "reload")
    assert (state.open.label, acts.dialog) == ("Ninja EU", "")
    tab.call(acts, "switch", connection_id=state.open.number, on=False)
    tab.call(state, "reload")
    assert (state.open.is_enabled, state.open.health) == (False, "Switched off")


def test_uploads_lead_to_the_file_or_to_the_list(ours: Context) -> None:
    one, two = upload(ours, devices(*TEN)), upload(ours, seats(("A", "1", "a")))
    tab = Tab(ours)
    state = tab.state(IntegrationsRowsState)
    tab.call(state, "load")
    first, _ = tab.call(state, "uploaded", ids=[one])
    assert isinstance(first, EventSpec)
    assert f"import={one}" in str(first.args)
    tab.call(state, "uploaded", ids=[one, two])
    assert len(state.on_the_way) == 2


def test_a_viewer_is_refused_by_the_service_too(sqlite_world: World) -> None:
    import_id = upload(sqlite_world.ours, devices(*TEN))
    tab = Tab(sqlite_world.as_role(Role.VIEWER))
    state = opened(tab, import_id)
    tab.call(state, "start", leave_out=False)
    assert "may not do this" in state.wrong


def test_a_file_that_was_imported_can_not_be_withdrawn(ours: Context) -> None:
    tab = Tab(ours)
    state = opened(tab, bring_in(ours, devices(*TEN)).id)
    with pytest.raises(Conflict):
        tab.call(state, "withdraw")
