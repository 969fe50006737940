"""The reports page: what the address asks for, what is drawn, and that each chart has its numbers beside it."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.ui.components.bars import Column, layout
from rcx_app.ui.pages.reports.state import ReportsState
from tests.conftest import World
from tests.domain.review.making import estate
from tests.ui.pages.billing.desk import Desk


def test_before_the_first_run_there_is_nothing_to_report(sqlite_world: World) -> None:
    desk = Desk(sqlite_world.ours, ReportsState).open("/reports")
    assert desk.state.is_loaded
    assert not desk.state.view.has_run


def test_the_page_says_what_stands_with_its_table_and_its_files(sqlite_world: World) -> None:
    estate(sqlite_world.ours, {"1": 3, "2": 1, "3": 4})
    view = Desk(sqlite_world.ours, ReportsState).open("/reports", "?months=6").state.view
    assert (view.now_under, view.currency, view.reconciled, view.clients) == ("+20.00", "USD", "1", "3")
    assert (len(view.impact.narrow.bars), len(view.impact_lines)) == (6, 6)
    assert view.impact_lines[0].cells[:3] == ["Nov 2026", "+20.00", "0.00"]
    assert view.impact_lines[1].cells[1] == "not reconciled"
    assert [each.up != "0" for each in view.impact.narrow.bars] == [False] * 5 + [True]
    assert view.begins == "History begins with Nov 2026."
    assert [(each.name, each.under) for each in view.top_clients] == [("Client 3", "+12.00"), ("Client 1", "+8.00")]
    assert view.exports["months"].csv == "/exports/report.csv?currency=USD&months=6&part=months"
    assert not view.has_back


def test_filters_stand_in_the_address_and_are_taken_off_there(sqlite_world: World) -> None:
    estate(sqlite_world.ours, {"1": 3})
    desk = Desk(sqlite_world.ours, ReportsState).open("/reports")
    desk.run(desk.state.pick, "integration", "NinjaOne")
    assert "integration=NinjaOne" in desk.scripts
    assert desk.state.is_filtered
    assert desk.state.view.now_under == "+8.00"
    desk.run(desk.state.pick, "currency", "EUR")
    assert desk.state.view.now_under == "0.00"
    desk.run(desk.state.clear)
    assert not desk.state.is_filtered
    assert desk.state.view.now_under == "+8.00"


def test_an_address_that_means_nothing_says_so(sqlite_world: World) -> None:
    desk = Desk(sqlite_world.ours, ReportsState).open("/reports", "?months=7")
    assert "7" in desk.state.problem


def test_another_workspaces_months_are_not_seen(sqlite_world: World) -> None:
    estate(sqlite_world.ours, {"1": 3})
    assert not Desk(sqlite_world.theirs, ReportsState).open("/reports").state.view.has_run


def test_bars_stand_on_the_zero_line_and_stay_within_the_picture() -> None:
    columns = [Column("Jan", Decimal(5200), Decimal(-2100)), Column("Feb", is_known=False), Column("Mar", Decimal(1))]
    chart = layout(columns, end_up="1.00").narrow
    first, unknown, small = chart.bars
    assert float(first.up_y) + float(first.up) == float(first.down_y) == float(chart.zero)
    assert float(first.up_y) >= 0
    assert float(first.down_y) + float(first.down) <= 220
    assert (unknown.up, unknown.down) == ("0", "0")
    assert small.up == "1.0", "what is there is seen"
    assert [tick.text for tick in chart.ticks] == ["−4,000", "−2,000", "0", "2,000", "4,000", "6,000"]
    assert chart.end_up == "1.00"


def test_no_months_draw_nothing() -> None:
    assert layout([]).narrow.bars == []
    assert layout([Column("Jan")]).wide.ticks == []
