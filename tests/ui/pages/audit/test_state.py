"""The audit log as an admin works with it: filters in the address, pages, the open entry; closed to others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.ui.pages.audit.state import AuditState
from tests.conftest import World, make_workspace
from tests.ui.pages.integrations.tab import Tab

PATH = "/settings/audit"


def write(context: Context, tag: str, how_many: int = 1, **subject: object) -> None:
    with transaction(context) as session:
        for _ in range(how_many):
            audit.record(session, context, tag, **subject)  # type: ignore[arg-type]


def opened(context: Context, query: str = "") -> tuple[Tab, AuditState]:
    tab = Tab(context)
    return tab, tab.opened(AuditState, PATH + query)


def test_entries_are_shown_newest_first_in_words(ours: Context) -> None:
    write(ours, "rules:create", subject_type="service_rule", subject_id=4, detail={"name": "Backup"})
    write(ours, "connection:rename", subject_type="connection", subject_id=7, detail={"from": "A", "to": "B"})
    _, state = opened(ours)
    assert [(row.what, row.about, row.said) for row in state.entries] == [
        ("Renamed a connection", "Connection 7", "Value: A → B"),
        ("Created a rule", "Rule 4", "Name: Backup"),
    ]
    assert state.so_far == "2 of 2 entries"
    assert state.chain_holds
    assert state.chain.startswith("Newest 2 entries verified up to today ")


def test_an_empty_log_says_so(ours: Context) -> None:
    _, state = opened(ours)
    assert (state.is_loaded, state.entries, state.is_filtered) == (True, [], False)
    assert state.chain == "Nothing is recorded yet"


def test_pages_follow_each_other_to_the_last(ours: Context) -> None:
    write(ours, "rules:create", 120)
    tab, state = opened(ours)
    assert (len(state.entries), state.has_more) == (50, True)
    tab.call(state, "more")
    tab.call(state, "more")
    assert [row.id for row in state.entries] == [str(number) for number in range(120, 0, -1)]
    assert (state.has_more, state.so_far) == (False, "120 of 120 entries")


def test_filters_narrow_the_list_and_the_exports(ours: Context) -> None:
    system = replace(ours, user_id=None)
    write(ours, "rules:create", 2, subject_type="service_rule", subject_id=4)
    write(system, "sync:apply", 3, subject_type="connection", subject_id=7)
    tab, state = opened(ours)
    tab.call(state, "pick", name="who", value="rcx")
    assert {row.who for row in state.entries} == {"RCX"}
    assert state.export_csv == "/exports/audit.csv?who=rcx"
    tab.call(state, "pick", name="what", value="rules")
    assert (state.entries, state.is_filtered) == ([], True)
    tab.call(state, "pick", name="who", value=str(ours.user_id))
    assert len(state.entries) == 2
    tab.call(state, "clear")
    assert len(state.entries) == 5
    tab.call(state, "pick", name="until", value="2020-01-01")
    assert state.entries == []
    tab.call(state, "pick", name="until", value="")
    tab.call(state, "open_entry", number="5")
    tab.call(state, "only_this")
    assert {row.about for row in state.entries} == {"Connection 7"}
    assert state.export_xlsx == "/exports/audit.xlsx?about=connection&about_id=7"


@pytest.mark.parametrize("query", ["?who=x&what=nothing&about=y&since=2026-99-01&about_id=9", "?until=9999-12-31"])
def test_an_address_that_makes_no_sense_filters_nothing(ours: Context, query: str) -> None:
    write(ours, "rules:create")
    _, state = opened(ours, query)
    assert (len(state.entries), state.is_filtered) == (1, False)


def test_the_open_entry_tells_before_and_after_and_no_secret(ours: Context) -> None:
    detail = {"before": {"a": 1, "b": 2}, "after": {"a": 1, "b": 3}, "api_token": "hunter2"}
    write(ours, "matching:thresholds", detail=detail)
    _, state = opened(ours, "?open=1")
    assert [(line.name, line.before, line.after) for line in state.shown.lines] == [
        ("B", "2", "3"),
        ("Api token", "", "(not shown)"),
    ]
    with transaction(ours, read_only=True) as session:
        assert "hunter2" not in str(audit.one(session, ours, 1).detail)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_below_admin_the_page_is_closed(ours: Context, role: Role) -> None:
    write(ours, "rules:create")
    tab, state = opened(replace(ours, role=role), "?open=1")
    assert (state.is_closed, state.entries, state.open_id, state.shown.tag) == (True, [], "", "")
    with pytest.raises(NotPermitted):
        tab.call(state, "open_entry", number="1")


def test_another_workspaces_entries_are_not_found(sqlite_world: World) -> None:
    stranger = make_workspace("Eastwind MSP")
    write(sqlite_world.theirs, "rules:create", 3)
    write(stranger, "rules:create")
    tab, state = opened(stranger, f"?who={sqlite_world.theirs.user_id}")
    assert state.entries == []
    for forged in ("2", "-1", "0", "9" * 30, "x", "٣"):
        if forged in ("2", "0"):
            with pytest.raises(NotFound):
                tab.call(state, "open_entry", number=forged)
        else:
            tab.call(state, "open_entry", number=forged)
        assert state.open_id == ""
