"""The match settings as a person works with them: drafting, saving, aims, auto-confirm, colleagues, roles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.match_settings import service
from rcx_app.models import Workspace
from rcx_app.ui.pages.match_settings.state import MatchSettingsState
from tests.conftest import World
from tests.domain.match_settings.making import Offer, estate, levels
from tests.ui.pages.integrations.tab import Tab

OPEN = [Offer(0.99, verdict="preselect"), Offer(0.9, verdict="preselect"), Offer(0.6)]
PATH = "/settings/matching"


def opened(context: Context, path: str = PATH) -> tuple[Tab, MatchSettingsState]:
    tab = Tab(context)
    return tab, tab.opened(MatchSettingsState, path)


def counts(state: MatchSettingsState) -> dict[str, tuple[str, str]]:
    return {row.name: (row.now, row.then) for row in state.effect.rows}


def in_force(context: Context) -> Decimal:
    with transaction(context, read_only=True) as session:
        return session.get_one(Workspace, context.workspace_id).preselect_threshold


def test_without_verdicts_the_bench_is_shown_and_named(ours: Context) -> None:
    _, state = opened(ours)
    assert state.is_loaded
    assert not state.known.is_own
    assert state.known.sub == "No verdicts of yours yet: measured on the shipped bench"
    assert state.narrow.first != ""
    assert state.balance.first == ""
    assert state.why_not_train != ""
    assert not state.may_train


def test_from_thirty_verdicts_on_the_curves_are_the_workspaces_own(ours: Context) -> None:
    estate(ours, [Offer(0.98, is_right=True)] * 29)
    _, state = opened(ours)
    assert not state.known.is_own
    estate(ours, [Offer(0.7, is_right=False)], label="Huntress")
    _, state = opened(ours)
    assert state.known.is_own
    assert state.balance.first != ""
    assert state.known.sub.startswith("Measured on 30 verdicts of yours")


def test_a_moved_threshold_shows_what_it_would_do_and_saves_nothing(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    assert (state.is_changed, state.act) == (False, "")
    tab.call(state, "slide", name="preselect", value=0.95)
    assert counts(state)["Preselected"] == ("2", "1")
    assert counts(state)["Suggested only"] == ("1", "2")
    assert state.draft.preselect == "0.95"
    assert state.act == "Save preselect 0.95"
    assert [(move.name, move.after) for move in state.effect.moves] == [("NinjaOne account 2", "Suggested only")]
    assert state.narrow.in_force != ""
    assert in_force(ours) == Decimal("0.85")
    tab.call(state, "back")
    assert (state.draft.preselect, state.is_changed) == ("0.85", False)


def test_an_error_stands_at_its_field_and_the_effect_stays(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    before = state.effect
    tab.call(state, "enter_number", name="preselect", value="0.3")
    assert (state.wrong, state.act) == ({"preselect": "Not under suggest."}, "")
    tab.call(state, "enter_number", name="preselect", value="much")
    assert list(state.wrong) == ["preselect"]
    assert state.effect == before
    tab.call(state, "enter_number", name="preselect", value="0.9")
    assert state.wrong == {}


def test_saving_puts_in_force_what_was_drafted(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    tab.call(state, "enter_number", name="preselect", value="0.95")
    said = tab.call(state, "save")
    assert "Thresholds saved" in str(said[0].args)
    assert in_force(ours) == Decimal("0.95")
    assert [row.what for row in state.history] == ["Preselect 0.85 to 0.95"]
    assert not state.is_changed
    tab.call(state, "put_back", change_id=state.history[0].change_id)
    assert in_force(ours) == Decimal("0.85")
    assert len(state.history) == 2


def test_somebody_else_was_first_and_the_draft_is_kept(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    tab.call(state, "slide", name="preselect", value=0.95)
    with transaction(ours) as session:
        service.save(session, ours, levels("0.5", "0.7", "0.97"), seen=0)
    assert tab.call(state, "save") is None
    assert "changed the match settings meanwhile" in state.conflict
    assert (state.draft.preselect, in_force(ours)) == ("0.95", Decimal("0.7"))
    tab.call(state, "save")
    assert (state.conflict, in_force(ours)) == ("", Decimal("0.95"))


def test_an_aim_leads_to_thresholds_or_says_why_not(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    tab.call(state, "choose_way", value="precision")
    assert (state.aim_text, state.is_met) == ("99", False)
    assert "would settle it" in state.aim_said
    tab.call(state, "enter_aim", value="90")
    assert state.is_met
    assert state.aim_said.startswith("Met from")
    tab.call(state, "save")
    _, again = opened(ours)
    assert (again.way, again.aim_text, again.is_met) == ("precision", "90", True)
    tab.call(state, "enter_aim", value="101")
    assert "between 50 and 99.9 %" in state.aim_wrong
    tab.call(state, "enter_aim", value="x")
    assert "no number" in state.aim_wrong
    tab.call(state, "choose_way", value="cost")
    assert state.aim_text == "20"
    tab.call(state, "slide", name="auto", value=0.99)
    assert state.way == ""


def test_auto_confirm_is_asked_with_numbers_and_switched_off_at_once(ours: Context) -> None:
    made = estate(ours, [*[Offer(0.99, is_right=True)] * 100, *OPEN])
    tab, state = opened(ours)
    assert state.auto[0].why_not == ""
    tab.call(state, "ask_auto", connection_id=made.usage)
    assert state.asked is not None
    assert (state.asked.label, state.asked.maps) == ("NinjaOne", 1)
    tab.call(state, "close_dialog")
    assert state.asked is None
    tab.call(state, "switch_auto", connection_id=made.usage, on=True)
    assert state.auto[0].is_auto
    tab.call(state, "switch_auto", connection_id=made.usage, on=False)
    assert not state.auto[0].is_auto


def test_auto_confirm_that_is_not_offered_says_why(ours: Context) -> None:
    made = estate(ours, OPEN)
    tab, state = opened(ours)
    assert "0 of 50 verdicts" in state.auto[0].why_not
    tab.call(state, "switch_auto", connection_id=made.usage, on=True)
    assert "can't be switched on" in state.conflict


def test_an_integration_in_the_address_filters_the_curves(ours: Context) -> None:
    made = estate(ours, [Offer(0.98, is_right=True)] * 3)
    other = estate(ours, [Offer(0.98, is_right=True)] * 2, label="Huntress")
    _, state = opened(ours, f"{PATH}?integration={other.usage}")
    assert (state.known.judged, state.integration_label) == (2, "Huntress")
    assert {choice.label for choice in state.integrations} == {"NinjaOne", "Huntress"}
    _, state = opened(ours, f"{PATH}?integration={made.usage + 4711}")
    assert "was not found" in state.problem


def test_too_few_verdicts_to_train_is_refused_with_the_reason(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    with pytest.raises(Invalid):
        tab.call(state, "train")
    assert state.is_shipped


def test_a_reload_after_a_job_keeps_the_draft(ours: Context) -> None:
    estate(ours, OPEN)
    tab, state = opened(ours)
    tab.call(state, "slide", name="preselect", value=0.95)
    tab.call(state, "reload")
    assert (state.draft.preselect, state.is_changed) == ("0.95", True)


def test_others_see_nothing_of_ours(sqlite_world: World) -> None:
    estate(sqlite_world.theirs, [Offer(0.98, is_right=True)] * 4)
    _, state = opened(sqlite_world.ours)
    assert (state.known.judged, state.auto, state.effect.waiting) == (0, [], 0)


def test_new_verdicts_move_what_an_aim_leads_to_as_a_draft(ours: Context) -> None:
    estate(ours, [Offer(0.98, is_right=True)] * 5)
    tab, state = opened(ours)
    tab.call(state, "choose_way", value="precision")
    tab.call(state, "enter_aim", value="90")
    tab.call(state, "save")
    kept = state.draft.preselect
    _, state = opened(ours)
    assert (state.draft.preselect, state.is_changed) == (kept, False)
    estate(ours, [Offer(0.9, is_right=False)] * 20, label="Huntress")
    with transaction(ours) as session:
        session.get_one(Workspace, ours.workspace_id).preselect_threshold = Decimal(kept)
    _, state = opened(ours)
    assert state.is_changed
    assert float(state.draft.preselect) > 0.9
    assert state.act.startswith("Save preselect")
