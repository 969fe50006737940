"""The bell, the list and the settings of notices: one's own only, read once, chosen as a whole."""

from __future__ import annotations

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.permissions import Role
from rcx_app.domain.notifications.schemas import Frequency, Kind
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.ui.pages.notifications.bell import BellState
from rcx_app.ui.pages.notifications.state import NoticeSettingsState, NoticesState
from tests.conftest import World
from tests.domain.notifications.telling import NOON, person, round_at
from tests.domain.review.making import decide, estate, findings
from tests.ui.pages.billing.desk import Desk


@pytest.fixture
def desk(sqlite_world: World) -> Desk:
    """Dana's, who was given two findings."""
    estate(sqlite_world.ours, {"1": 3, "2": 4})
    dana = person(sqlite_world.ours, "Dana Whitfield", Role.OPERATOR)
    round_at(NOON)
    for each in findings(sqlite_world.ours):
        decide(sqlite_world.ours, each.id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id))
    round_at(NOON)
    return Desk(dana, NoticesState)


def test_the_bell_counts_what_is_unread_and_reading_one_lowers_it(desk: Desk) -> None:
    bell = desk.of(BellState)
    desk.run(bell.load)
    assert bell.unread == 2
    desk.run(bell.open, bell.newest[0].id)
    assert bell.unread == 1
    assert "/billing/review?open=" in desk.scripts
    desk.run(bell.read_all)
    assert bell.unread == 0


def test_the_list_shows_all_or_only_what_is_unread(desk: Desk) -> None:
    desk.open("/notifications")
    assert [each.is_read for each in desk.state.notices] == [False, False]
    desk.run(desk.state.read_one, desk.state.notices[0].id)
    desk.open("/notifications", "?show=unread")
    assert [each.is_read for each in desk.state.notices] == [False]
    desk.run(desk.state.read_all)
    assert desk.state.notices == []


def test_nobody_reads_or_marks_what_is_anothers(desk: Desk, sqlite_world: World) -> None:
    desk.open("/notifications")
    others = Desk(sqlite_world.ours, NoticesState).open("/notifications")
    mine = {each.id for each in desk.state.notices}
    assert mine.isdisjoint(each.id for each in others.state.notices)
    others.run(others.state.read_one, desk.state.notices[0].id)
    desk.open("/notifications", "?show=unread")
    assert len(desk.state.notices) == 2


def test_a_choice_is_kept_as_a_whole(desk: Desk) -> None:
    chosen = Desk(desk.context, NoticeSettingsState).open("/settings/notifications")
    state = chosen.state
    assert [each.value for each in state.kinds] == ["findings", "assigned", "mentioned", "write"]
    assert not state.tells_alarms, "who may not change connections is not told of them"
    chosen.run(state.choose_frequency, Frequency.WEEKLY)
    chosen.run(state.switch, Kind.FINDINGS)
    with frozen(NOON):
        chosen.run(state.save, {"min_amount": "99.50"})
    assert state.wrong_amount == ""
    again = Desk(desk.context, NoticeSettingsState).open("/settings/notifications").state
    assert (again.frequency, again.min_amount) == ("weekly", "99.5")
    assert [each.is_on for each in again.kinds] == [False, True, True, True]
    assert again.next_text == "23 Nov 2026, 07:00 UTC"


@pytest.mark.parametrize("amount", ["much", "-1", "1e9", "1e99", "NaN", "0.001", "Infinity"])
def test_an_absurd_amount_is_said_at_its_field_and_changes_nothing(desk: Desk, amount: str) -> None:
    chosen = Desk(desk.context, NoticeSettingsState).open("/settings/notifications")
    chosen.run(chosen.state.choose_frequency, Frequency.OFF)
    chosen.run(chosen.state.save, {"min_amount": amount})
    assert chosen.state.wrong_amount != ""
    again = Desk(desk.context, NoticeSettingsState).open("/settings/notifications").state
    assert (again.frequency, again.min_amount) == ("daily", "100")
