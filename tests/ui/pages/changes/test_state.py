"""The pages of change sets without a browser: prepare, look, approve with what was shown, follow, take back."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.writeback import access, service
from rcx_app.domain.writeback.schemas import Policy
from rcx_app.ui.pages.changes.one_click import OneClickState
from rcx_app.ui.pages.changes.set_state import ChangeSetState
from rcx_app.ui.pages.changes.state import ChangesState
from tests.domain.writeback.estate import colleague
from tests.support.approvals import approved
from tests.support.writeback import Psa
from tests.ui.pages.integrations.tab import Tab


def prepared(here: Psa, how_many: int = 2) -> tuple[Tab, Any]:
    """A set of approved lines that the PSA was asked about, and the tab that shows it."""
    approved(here.ours, here.lines()[:how_many])
    tab = Tab(here.ours)
    changes = tab.opened(ChangesState, "/changes")
    tab.call(changes, "prepare", connection_id=here.connection_id, is_handoff=False)
    here.work()
    return tab, tab.opened(ChangeSetState, "/changes/1")


def test_what_is_approved_is_offered_and_prepared(here: Psa) -> None:
    lines = here.lines()[:2]
    approved(here.ours, lines)
    tab = Tab(here.ours)
    changes = tab.opened(ChangesState, "/changes?tab=ready")
    assert (changes.tab, changes.ready_count, changes.total) == ("ready", 2, 0)
    assert [each.act for each in changes.psas] == ["Prepare from 2 approved findings"]
    assert {each.id for each in changes.lines} == {each.id for each in lines}
    redirect, _ = tab.call(changes, "prepare", connection_id=here.connection_id, is_handoff=False)
    assert "/changes/1" in str(redirect.args)
    with pytest.raises(Conflict):
        tab.call(changes, "prepare", connection_id=here.connection_id, is_handoff=False)
    tab.call(changes, "again")
    assert (changes.psas, changes.ready_count) == ([], 0)
    assert [(each.name, each.state, each.changes) for each in changes.sets] == [("CS-1", "Draft", "2")]


def test_a_set_is_approved_as_it_was_shown_written_and_taken_back(here: Psa) -> None:
    tab, page = prepared(here)
    assert (page.head.act, page.head.says_no, page.head.stage) == ("Write 2 changes to ConnectWise PSA", "", "draft")
    assert [each.state for each in page.lines] == ["Planned"] * 2
    assert all(each.says for each in page.lines)
    shown = page.head.revision
    dropped = page.lines[1].id
    with transaction(here.ours) as session:
        service.drop(session, here.ours, dropped)
    refused, *_ = tab.call(page, "approve", revision=shown)
    assert "changed since" in str(refused.args)
    assert page.head.stage == "draft", "neither submitted nor approved, and shown as it is by now"
    assert page.head.act == "Write 1 change to ConnectWise PSA"
    tab.call(page, "approve", revision=page.head.revision)
    assert page.head.stage == "approved"
    here.work()
    tab.call(page, "follow")
    assert (page.head.state, page.head.result, page.is_working) == ("Done", "1 verified", False)
    (line,) = page.lines
    tab.call(page, "open_change", change_id=str(line.id))
    assert (page.shown.state, page.shown.read_back, page.shown.can_undo) == ("Verified", line.after, True)
    redirect, _, _ = tab.call(page, "undo", change_id=line.id)
    assert "/changes/2" in str(redirect.args)
    here.work()
    tab.call(page, "again")
    assert [each.state for each in page.lines] == ["Taken back"]


def test_the_preparer_is_told_why_he_can_t_approve(here: Psa) -> None:
    with transaction(here.ours) as session:
        access.choose_policy(session, here.ours, Policy(four_eyes=True, one_click=False))
    tab, page = prepared(here)
    assert "four eyes" in page.head.says_no
    tab.call(page, "submit")
    assert page.head.state == "Waits for approval"
    assert "invites an approver" in page.head.says_no, "nobody else is here who may"
    colleague(here.world)
    tab.call(page, "again")
    assert page.head.says_no.endswith("wants four eyes. C can.")
    assert [each.approved for each in tab.opened(ChangesState, "/changes").sets] == ["C can"]
    tab.opened(ChangeSetState, "/changes/1")
    refused, *_ = tab.call(page, "approve", revision=page.head.revision)
    assert "yourself" in str(refused.args)
    assert page.head.stage == "waiting_approval"
    tab.call(page, "drop", change_id=page.lines[0].id)
    assert len(page.lines) == 1
    tab.call(page, "cancel")
    assert (page.head.state, page.lines) == ("Cancelled", [])


def test_of_two_people_and_two_clicks_the_second_sees_what_became_of_the_set(here: Psa) -> None:
    tab, page = prepared(here)
    other = Tab(here.ours)
    seen = other.opened(ChangeSetState, "/changes/1")
    tab.call(page, "submit")
    (refused,) = tab.call(page, "submit")
    assert "waiting for approval by now" in str(refused.args)
    tab.call(page, "approve", revision=page.head.revision)
    refused, *_ = other.call(seen, "approve", revision=seen.head.revision)
    assert "approved by now" in str(refused.args)
    assert (seen.head.stage, [each.state for each in seen.lines]) == ("approved", ["Waits"] * 2)
    refused, *_ = other.call(seen, "drop", change_id=seen.lines[0].id)
    assert "approved by now" in str(refused.args)
    here.work()
    assert len(here.sent()) == 2, "each line was written once"
    refused, *_ = other.call(seen, "go_on")
    assert (seen.head.stage, "done by now" in str(refused.args)) == ("done", True)
    for forged in (4711, 10**12, -1):
        (refused,) = other.call(seen, "undo", change_id=forged)
        assert "not found" in str(refused.args)


def test_refused_changes_say_what_moved_and_are_shown_alone(here: Psa) -> None:
    tab, page = prepared(here)
    moved = next(each for each in here.lines() if each.id in _line_ids(here))
    here.sandbox.town.change(here.at_psa(moved), quantity=moved.quantity + 5)
    tab.call(page, "approve", revision=page.head.revision)
    here.work()
    tab.call(page, "again")
    assert (page.head.state, page.head.result) == ("Done, 1 to look at", "1 verified, 1 refused")
    tab.call(page, "show_only", what="problems")
    assert [(each.state, each.why) for each in page.lines] == [("Refused", "moved since review")]
    assert str(int(moved.quantity + 5)) in page.lines[0].message


def _line_ids(here: Psa) -> set[int]:
    return {each.line_id for each in here.view(1).changes}


@pytest.mark.parametrize("address", ["/changes/4711", "/changes/x", "/changes/%00", "/changes/" + "9" * 40])
def test_a_set_that_is_not_there_is_said_so(here: Psa, address: str) -> None:
    page = Tab(here.ours).opened(ChangeSetState, address)
    assert page.problem
    assert page.is_missing
    assert (page.head.id, page.lines) == (0, [])


def test_another_workspace_s_set_is_not_shown(here: Psa) -> None:
    prepared(here)
    page = Tab(here.world.theirs).opened(ChangeSetState, "/changes/1")
    assert (page.head.id, page.lines, page.ticket) == (0, [], "")
    assert Tab(here.world.theirs).opened(ChangesState, "/changes").sets == []


def test_a_set_to_be_typed_in_has_its_ticket_s_text(here: Psa) -> None:
    approved(here.ours, here.lines()[:1])
    tab = Tab(here.ours)
    tab.call(tab.opened(ChangesState, "/changes"), "prepare", connection_id=here.connection_id, is_handoff=True)
    page = tab.opened(ChangeSetState, "/changes/1")
    assert page.head.is_handoff
    assert page.lines[0].client in page.ticket
    tab.call(page, "approve", revision=page.head.revision)
    assert page.head.state == "To be typed in"
    assert page.lines[0].operation.startswith("Typed in by people: ")
    assert page.lines[0].state == "To be typed in"
    assert here.waiting_job() is None


def test_one_click_is_offered_where_it_is_allowed(here: Psa) -> None:
    (finding,) = approved(here.ours, here.lines()[:1])
    tab = Tab(here.ours)
    state = tab.state(OneClickState)
    tab.call(state, "look")
    assert not state.is_allowed
    with transaction(here.ours) as session:
        access.choose_policy(session, here.ours, Policy(four_eyes=False, one_click=True))
    tab.call(state, "look")
    assert state.is_allowed
    tab.call(state, "write", finding_id=finding)
    here.work()
    page = tab.opened(ChangeSetState, "/changes/1")
    assert page.head.result == "1 verified"
