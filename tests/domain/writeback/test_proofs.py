"""What a person relies on when he lets RCX write: through the service, the job and the sandbox, on both databases."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select
from starlette.requests import Request

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations.schemas import FailureView
from rcx_app.domain.writeback import access, service, trial, undoing
from rcx_app.domain.writeback.journal import LATE
from rcx_app.domain.writeback.schemas import ChangeState, Policy, SetState, Trial
from rcx_app.models import AuditEvent, Line, WriteAccess
from tests.support.writeback import Psa, is_write


def test_what_was_written_is_taken_back_line_by_line_and_as_a_set(connectwise: Psa) -> None:
    here = connectwise
    first, second = here.lines()[:2]
    made = here.planned(here.wanted(first, 2), here.wanted(second, 3))
    here.approve(made)
    here.work()
    one, other = here.view(made).changes
    assert [one.state, other.state] == [ChangeState.VERIFIED] * 2
    back = here.undo(one.id)
    assert (back.state, back.quantity) == (ChangeState.VERIFIED, first.quantity)
    assert here.at_psa(first).quantity == first.quantity
    assert here.view(made).changes[0].state == ChangeState.UNDONE
    with pytest.raises(Conflict, match="can't be taken back"):
        here.undo(one.id)
    with transaction(here.ours) as session:
        undone = undoing.undo_set(session, here.ours, made)
    here.work()
    assert [each.line_id for each in here.view(undone).changes] == [second.id]
    assert here.at_psa(second).quantity == second.quantity
    assert len(here.sent()) == len(here.intents()) == 4
    with pytest.raises(Conflict, match="Nothing"), transaction(here.ours) as session:
        undoing.undo_set(session, here.ours, made)


def test_what_moved_since_review_is_refused_with_both_values_and_ended_lines_are_never_written(
    connectwise: Psa,
) -> None:
    here = connectwise
    moved, ended = here.lines()[:2]
    made = here.planned(here.wanted(moved), here.wanted(ended))
    here.approve(made)
    town = here.sandbox.town
    town.change(here.at_psa(moved), quantity=moved.quantity + 1)
    town.change(here.at_psa(ended), cancelled_on=town.estate.as_of)
    here.work()
    one, other = here.view(made).changes
    assert (one.state, one.reason) == (ChangeState.REFUSED, "moved")
    assert f"{moved.quantity + 1:f}".rstrip("0").rstrip(".") in one.message
    assert f"{moved.quantity:f}".rstrip("0").rstrip(".") in one.message
    assert other.state == ChangeState.REFUSED
    assert other.reason in ("ended", "moved")
    assert here.sent() == here.intents() == []
    assert here.view(made).state == SetState.DONE


def test_what_the_line_shows_counts_and_not_what_the_psa_answers(
    connectwise: Psa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error inside a good answer; a yes after which nothing is done; an answer that is lost."""
    here = connectwise
    refused, ignored, lost = here.lines()[:3]
    with monkeypatch.context() as patch:
        here.answer_writes(patch, {"code": "InvalidObject", "message": "Agreement is locked", "errors": [{}]})
        change = here.written(refused)
    assert change.state in (ChangeState.FAILED, ChangeState.UNCLEAR)
    assert here.at_psa(refused).quantity == refused.quantity
    assert len(here.sent()) == 1

    with monkeypatch.context() as patch:
        patch.setattr(here.sandbox.town, "change", lambda *_, **__: True)
        change = here.written(ignored)
    assert (change.state, change.reason) == (ChangeState.FAILED, "ignored")
    assert "still shows" in change.message
    assert here.audit()[-2:] == ["writeback:miss", "writeback:done"]
    assert len(here.sent()) == 2

    def lose(_vendor: str, request: Request) -> None:
        if request.method == "PATCH":
            here.sandbox.faults.plan("reset")

    here.sandbox.before = lose
    change = here.written(lost)
    assert change.state == ChangeState.VERIFIED
    assert here.intents()[-1].resolved == "read"
    assert len(here.sent()) == 3


def test_a_difference_whose_answer_was_lost_is_never_sent_again(autotask: Psa) -> None:
    here = autotask
    taken, lost = here.lines()[:2]
    made = here.planned(here.wanted(taken, 1))
    here.approve(made)
    here.sandbox.faults.plan("reset", path="Adjustments")
    here.work()
    assert here.only(made).state == ChangeState.VERIFIED
    assert len(here.sent()) == 1

    made = here.planned(here.wanted(lost, 1))
    here.approve(made)
    here.sandbox.faults.plan("status", 500, path="Adjustments")
    here.work()
    change = here.only(made)
    assert change.state == ChangeState.UNCLEAR
    for _ in range(2):
        with transaction(here.ours) as session:
            service.look_again(session, here.ours, change.id)
        here.work()
    assert here.only(made).state == ChangeState.UNCLEAR
    with clock.frozen(clock.now() + LATE + timedelta(minutes=1)):
        with transaction(here.ours) as session:
            service.look_again(session, here.ours, change.id)
        here.work()
    assert here.only(made).state == ChangeState.FAILED
    assert [each for each in here.sent() if each.status < 400] == here.sent()[:1]
    with pytest.raises(Conflict, match="known"), transaction(here.ours) as session:
        service.look_again(session, here.ours, change.id)


def test_a_service_that_is_gone_is_never_made_anew_and_posted_periods_stay(autotask: Psa) -> None:
    here = autotask
    gone, posted = here.lines()[:2]
    made = here.planned(here.wanted(gone))
    here.approve(made)
    here.sandbox.town.remove(here.at_psa(gone))
    here.server.post(in_advance=False)
    late = here.prepare(here.wanted(posted, effective_date=clock.today().replace(day=1) - timedelta(days=1)))
    here.work()
    assert (here.only(made).state, here.only(made).reason) == (ChangeState.REFUSED, "not_found")
    assert here.server.made_services == []
    assert (here.only(late).state, here.only(late).reason) == (ChangeState.REFUSED, "posted")
    assert here.sent() == []


def test_other_credentials_for_writing_are_those_that_write_and_go_with_the_connection(
    connectwise: Psa, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = connectwise
    with transaction(here.ours) as session:
        own = {"public_key": "writersKey", "private_key": "writersSecret"}
        with pytest.raises(Invalid, match="server"):
            access.enable_writing(session, here.ours, here.connection_id, {**own, "server": "eu.myconnectwise.net"})
        access.enable_writing(session, here.ours, here.connection_id, own)
        assert own["private_key"].encode() not in (session.get_one(WriteAccess, 1).credentials or b"")
    monkeypatch.setattr(here.server, "refused", lambda _request: None)
    here.written(here.lines()[0])
    users = {each.method: _user(each.request_headers) for each in here.sandbox.exchanges}
    assert set(users.values()) == {"writersKey"}
    assert any(is_write(each) for each in here.sandbox.exchanges)
    here.sandbox.exchanges.clear()
    assert here.sync() == "done"
    assert "writersKey" not in {_user(each.request_headers) for each in here.sandbox.exchanges}
    with transaction(here.ours) as session:
        api.disconnect(session, here.ours, here.connection_id)
    with transaction(here.ours, read_only=True) as session:
        assert session.get(WriteAccess, 1) is None
        (row,) = access.writable(session, here.ours)
    assert (row.is_on, row.has_own) == (False, False)


def test_credentials_for_writing_are_tried_on_a_line_and_nothing_is_sent(
    connectwise: Psa, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, own = connectwise, {"public_key": "writersKey", "private_key": "writersSecret"}
    here.sandbox.exchanges.clear()
    refused = trial.try_writing(here.ours, here.connection_id, own)
    assert isinstance(refused, FailureView)
    assert (refused.kind, "writersSecret" in str(refused)) == ("credentials_refused", False)
    monkeypatch.setattr(here.server, "refused", lambda _request: None)
    found = trial.try_writing(here.ours, here.connection_id, own)
    assert isinstance(found, Trial)
    assert found.account
    with transaction(here.ours, read_only=True) as session:
        names = set(session.scalars(select(Line.product_name).where(Line.connection_id == here.connection_id)))
    assert found.line in names
    assert found.says
    assert not any(is_write(each) for each in here.sandbox.exchanges)
    assert "writersKey" in {_user(each.request_headers) for each in here.sandbox.exchanges}
    with pytest.raises(NotPermitted):
        trial.try_writing(replace(here.ours, role=Role.APPROVER), here.connection_id, {})
    with transaction(here.ours, read_only=True) as session:
        tried = list(session.scalars(select(AuditEvent.detail).where(AuditEvent.tag == "writing:test")))
    assert [each["outcome"] for each in tried] == ["credentials_refused", "ok"]


def _user(headers: dict[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return base64.b64decode(token).decode().partition("+")[2].partition(":")[0] if kind == "Basic" else ""


def test_one_click_is_recorded_like_any_other_change_and_waits_where_the_psa_warns(connectwise: Psa) -> None:
    here = connectwise
    with transaction(here.ours) as session:
        access.choose_policy(session, here.ours, Policy(four_eyes=False, one_click=True))
    line, warned = here.lines()[:2]
    first = clock.next_month(clock.today())
    made = here.prepare(here.wanted(line, 1, effective_date=first), is_one_click=True)
    here.work()
    change, view = here.only(made), here.view(made)
    assert (change.state, change.read_back) == (ChangeState.VERIFIED, line.quantity + 1)
    assert view.approved_by == view.prepared_by == here.ours.user_id
    deeds = ["prepare", "approve", "intend", "write", "done"]
    assert here.audit() == [f"writeback:{each}" for each in deeds]

    held = here.prepare(here.wanted(warned, 1), is_one_click=True)
    here.work()
    assert [each.code for each in here.only(held).warnings] == ["posted"]
    assert (here.view(held).state, here.view(held).approved_by) == (SetState.WAITING, None)
    assert len(here.sent()) == 1
