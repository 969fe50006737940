"""The overview as it opens: before anything is connected, and over a reconciled estate."""

from __future__ import annotations

from rcx_app.core.permissions import Role
from rcx_app.ui.pages.overview.state import OverviewState
from tests.conftest import World
from tests.domain.notifications.telling import change_set, person
from tests.domain.review.making import estate, findings
from tests.ui.pages.billing.desk import Desk


def test_before_anything_is_connected_the_first_step_is_offered(sqlite_world: World) -> None:
    view = Desk(sqlite_world.ours, OverviewState).open("/").state.view
    assert (view.has_run, view.is_connected, view.has_months) == (False, False, False)


def test_a_reconciled_estate_has_its_numbers_its_months_and_its_next_steps(sqlite_world: World) -> None:
    estate(sqlite_world.ours, {"1": 3, "2": 1, "3": 4})
    preparer = person(sqlite_world.ours, "Dana Whitfield", Role.OPERATOR)
    number = change_set(preparer, [findings(sqlite_world.ours)[0].line_id or 0], state="waiting_approval")
    desk = Desk(sqlite_world.ours, OverviewState).open("/")
    assert desk.state.problem == ""
    view = desk.state.view
    assert (view.under, view.over, view.reconciled, view.clients) == ("+20.00", "0.00", "1", "3")
    assert (len(view.months.wide.bars), view.months.wide.end_up) == (12, "20.00")
    assert view.months_lines[0].cells == ["Nov 2026", "+20.00", "0.00"]
    assert view.months_lines[1].cells == ["Oct 2026", "not reconciled", ""]
    assert "20.00 under" in view.months_label
    assert [step.title for step in view.steps][-1] == f"Approve CS-{number}"
    assert view.steps[-1].detail == "1 change of PSA, prepared by Dana Whitfield"
    for_preparer = Desk(preparer, OverviewState).open("/").state.view
    assert not any(step.title.startswith("Approve") for step in for_preparer.steps)
