"""The configuration page without a browser: rows, tabs, the selection, leaving out and taking in, what is refused."""

from __future__ import annotations

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.permissions import Role
from rcx_app.ui.pages.configuration.state import ConfigurationRowsState as Rows
from tests.conftest import World
from tests.domain.configuration.test_configuration import load
from tests.domain.reconcile.estates import NOON
from tests.ui.pages.billing.desk import Desk


def at_the_page(world: World, query: str = "", role: Role = Role.OWNER) -> Desk:
    load(world.ours)
    return reopened(world, query, role)


def reopened(world: World, query: str = "", role: Role = Role.OWNER) -> Desk:
    with frozen(NOON):
        return Desk(world.as_role(role), Rows).open("/integrations/configuration", query)


def names(desk: Desk) -> list[str]:
    return [row.name for row in desk.state.part_0]


def row_ids(desk: Desk, *wanted: str) -> list[str]:
    return [row.id for row in desk.state.part_0 if {row.name, row.code} & set(wanted)]


def test_rows_are_left_out_with_a_reason_and_taken_in_again(sqlite_world: World) -> None:
    desk = at_the_page(sqlite_world)
    assert desk.state.by_status[""] == "9"
    assert desk.state.foot == "9 of 9 things"
    for row_id in row_ids(desk, "Business Premium", "Z"):
        desk.run(desk.state.toggle, row_id)
    assert desk.state.none_excluded
    desk.run(desk.state.ask_reason)
    assert desk.state.dialog == "exclude"
    desk.run(desk.state.exclude)
    assert "reason" in desk.state.wrong.lower() or "say why" in desk.state.wrong.lower()
    desk.run(desk.state.enter_reason, "Given away")
    with frozen(NOON):
        desk.run(desk.state.exclude)
    assert (desk.state.dialog, desk.state.selected) == ("", [])
    assert desk.state.by_status["excluded"] == "2"

    desk = reopened(sqlite_world, "?status=excluded")
    assert {row.target for row in desk.state.part_0} == {"Given away"}
    desk.run(desk.state.select_shown)
    assert desk.state.only_excluded
    with frozen(NOON):
        desk.run(desk.state.include)
    assert desk.state.by_status["excluded"] == "0"
    assert names(desk) == []


def test_a_row_that_changed_meanwhile_changes_nothing(sqlite_world: World) -> None:
    one, other = at_the_page(sqlite_world), reopened(sqlite_world)
    for desk in (one, other):
        for row_id in row_ids(desk, "E5", "Z"):
            desk.run(desk.state.toggle, row_id)
        desk.run(desk.state.ask_reason)
        desk.run(desk.state.enter_reason, "Not ours")
        with frozen(NOON):
            desk.run(desk.state.exclude)
    assert other.state.wrong != ""
    assert len(other.state.selected) == 2


@pytest.mark.parametrize("row_id", ["", "account.x.1.2", "planet.1.1.1", "account.1.1", "usage.1.0.no such sku"])
def test_a_forged_row_is_refused(sqlite_world: World, row_id: str) -> None:
    desk = at_the_page(sqlite_world)
    desk.run(desk.state.toggle, row_id)
    desk.run(desk.state.ask_reason)
    desk.run(desk.state.enter_reason, "Why")
    desk.run(desk.state.exclude)
    assert desk.state.wrong != ""
    assert desk.state.by_status["excluded"] == "0"


def test_address_filters_and_sorts(sqlite_world: World) -> None:
    desk = at_the_page(sqlite_world, "?kind=usage&sort=-name")
    assert names(desk) == ["F1", "E5", "Business Premium"]
    desk.run(desk.state.search, "premium")
    assert names(desk) == ["Business Premium"]
    desk.run(desk.state.clear)
    assert len(names(desk)) == 9
    broken = reopened(sqlite_world, "?kind=planet")
    assert "planet" in broken.state.problem
