"""The automatic sync on the integrations page: its words, its form, and who may change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import api, service
from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.schedules.schemas import Chosen, MonthBy, ScheduleView
from rcx_app.ui.pages.integrations.schedule import rows
from rcx_app.ui.pages.integrations.schedule.rows import Draft, Next
from rcx_app.ui.pages.integrations.schedule.state import ScheduleState
from tests.conftest import World
from tests.domain.sync.source import Script, connect
from tests.ui.pages.integrations.tab import Tab

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
OFF = Chosen(
    is_weekly=False,
    weekday=0,
    weekly_is_full=False,
    is_monthly=False,
    month_by=MonthBy.DATE,
    month_day=1,
    month_nth=dates.LAST,
    month_weekday=4,
    monthly_is_full=True,
)
WEEKLY = replace(OFF, is_weekly=True)


def view(chosen: Chosen, **more: Any) -> ScheduleView:
    given = {"is_saved": True, "weekly_at": None, "monthly_at": None, "last": None, "time_zone": "UTC"}
    return ScheduleView(chosen=chosen, **{**given, **more})


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (OFF, "None is chosen, so nothing is read by itself: connections are read only when somebody asks."),
        (WEEKLY, "Every Monday, what changed."),
        (replace(OFF, is_monthly=True), "On the 1st of each month, everything."),
        (
            replace(OFF, is_monthly=True, month_day=31, monthly_is_full=False),
            "On the 31st of each month or its last day, what changed.",
        ),
        (
            replace(WEEKLY, is_monthly=True, month_by=MonthBy.WEEKDAY),
            "Every Monday, what changed; on the last Friday of each month, everything.",
        ),
    ],
)
def test_a_schedule_in_words(chosen: Chosen, sentence: str) -> None:
    assert rows.plan(view(chosen), NOW).sentence == sentence


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "Monday 23 Nov 2026, 07:00 UTC"),
        ("America/New_York", "Monday 23 Nov 2026, 07:00 UTC (02:00 in New York)"),
        ("Pacific/Honolulu", "Monday 23 Nov 2026, 07:00 UTC (Sunday 21:00 in Honolulu)"),
        ("no such zone", "Monday 23 Nov 2026, 07:00 UTC"),
        ("", "Monday 23 Nov 2026, 07:00 UTC"),
    ],
)
def test_a_start_is_told_by_the_clocks_of_the_workspace_too(zone: str, said: str) -> None:
    assert rows.starting(MONDAY, NOW, zone) == Next(said, MONDAY.isoformat())


def test_the_earlier_start_is_the_next_and_one_that_is_late_is_about_to_begin() -> None:
    both = view(replace(WEEKLY, is_monthly=True), weekly_at=MONDAY, monthly_at=MONDAY + timedelta(days=8))
    assert rows.plan(both, NOW).next.iso == MONDAY.isoformat()
    assert rows.plan(both, MONDAY).next.said == "within the next minutes"


def test_ordinals() -> None:
    said = [rows.ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31)]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "30th", "31st"]


def test_every_choice_of_the_form_is_kept_and_anything_else_refused() -> None:
    assert rows.chosen(rows.draft(WEEKLY)) == WEEKLY
    assert rows.changed(Draft(), "month_by", "weekday").month_by == "weekday"
    for part, value in (("month_by", "moon"), ("weekly_how", ""), ("weekday", "-1"), ("month_day", "٣")):
        with pytest.raises(Invalid):
            rows.changed(Draft(), part, value)


def test_what_is_chosen_shows_when_it_would_start_before_it_is_saved(ours: Context, vendor: Script) -> None:
    connect(ours)
    tab = Tab(ours)
    with clock.frozen(NOW):
        state = tab.opened(ScheduleState, "/integrations")
        assert (state.plan.is_on, state.plan.sentence) == (False, rows.OFF)
        tab.call(state, "show")
        tab.call(state, "change", part="weekday", value="0")
        tab.call(state, "switch", part="is_weekly", on=True)
        assert (state.draft_weekly.iso, state.draft_monthly.said) == (MONDAY.isoformat(), "")
        tab.call(state, "switch", part="is_monthly", on=True)
        tab.call(state, "change", part="month_day", value="31")
        assert state.draft_monthly.said == "Monday 30 Nov 2026, 07:00 UTC"
        assert not tab.opened(ScheduleState, "/integrations").plan.is_on, "nothing is saved yet"
        tab.call(state, "show")
        assert not state.draft.is_weekly, "what was not saved is gone when the dialog opens again"


def test_a_saved_schedule_stands_on_the_page(ours: Context, vendor: Script) -> None:
    connect(ours)
    tab = Tab(ours)
    with clock.frozen(NOW):
        state = tab.opened(ScheduleState, "/integrations")
        tab.call(state, "show")
        tab.call(state, "change", part="weekday", value="0")
        tab.call(state, "switch", part="is_weekly", on=True)
        tab.call(state, "save")
        assert not state.is_open
        found = Tab(ours).opened(ScheduleState, "/integrations").plan
        assert (found.sentence, found.next.iso) == ("Every Monday, what changed.", MONDAY.isoformat())
        tab.call(state, "show")
        tab.call(state, "switch", part="is_weekly", on=False)
        said = tab.call(state, "save")
        assert "Automatic sync is off" in str([each.args for each in said if hasattr(each, "args")])
        assert not Tab(ours).opened(ScheduleState, "/integrations").plan.is_on


def test_a_number_that_no_list_offers_is_told_in_the_dialog(ours: Context) -> None:
    tab = Tab(ours)
    state = tab.state(ScheduleState)
    tab.call(state, "show")
    tab.call(state, "change", part="month_day", value="32")
    assert tab.call(state, "save") is None
    assert (state.wrong, state.is_open) == ("The date must be between 1 and 31. Choose one of the list.", True)


def test_the_last_automatic_sync_says_what_it_left_out(ours: Context, vendor: Script) -> None:
    connect(ours, "One")
    off = connect(ours, "Two")
    with clock.frozen(NOW), transaction(ours) as session:
        service.set_enabled(session, ours, off, enabled=False)
        schedules.save(session, ours, WEEKLY)
    system = system_context(ours.workspace_id)
    with clock.frozen(MONDAY + timedelta(hours=1)), transaction(system) as session:
        schedules.start_due(session, system)
    plan = Tab(ours).opened(ScheduleState, "/integrations").plan
    assert (plan.last, plan.left_out) == ("1 connection was asked for what changed", ["Two is switched off."])


def test_a_viewer_reads_the_schedule_and_changes_nothing(sqlite_world: World, ours: Context, vendor: Script) -> None:
    with clock.frozen(NOW), transaction(ours) as session:
        schedules.save(session, ours, WEEKLY)
    for role in (Role.VIEWER, Role.OPERATOR):
        tab = Tab(sqlite_world.as_role(role))
        state = tab.opened(ScheduleState, "/integrations")
        tab.call(state, "show")
        assert state.plan.weekly == "Every Monday, what changed"
        tab.call(state, "switch", part="is_weekly", on=False)
        tab.call(state, "save")
        assert (state.is_open, "may not do this" in state.wrong) == (True, True)
    with transaction(ours, read_only=True) as session:
        assert schedules.schedule(session, ours).chosen == WEEKLY
        assert api.open_syncs(session, ours) == {}


def test_one_click_switches_on_what_is_offered(world: World, vendor: Script) -> None:
    tab = Tab(world.ours)
    state = tab.opened(ScheduleState, "/integrations")
    joined = state.plan.offer
    assert joined.startswith("Sync every ")
    assert not state.plan.is_on
    tab.call(state, "accept")
    assert (state.plan.is_on, state.plan.offer) == (True, "")
    assert state.plan.sentence == joined.replace("Sync every", "Every") + ", what changed."
    with transaction(world.ours, read_only=True) as session:
        view = schedules.schedule(session, world.ours)
    assert (view.chosen.is_weekly, view.chosen.is_monthly) == (True, False)
    assert view.weekly_at is not None
