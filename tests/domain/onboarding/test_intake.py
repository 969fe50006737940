"""Answers are saved as they are given, sent once complete, and kept edition by edition."""

from __future__ import annotations

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.permissions import Role, Stage
from rcx_app.domain.onboarding import service
from rcx_app.domain.onboarding.answers import AnswersInvalid
from rcx_app.models import AuditEvent, Connection, Intake, Workspace
from tests.conftest import World
from tests.domain.onboarding.making import COMPLETE, agent, answer_all, at, stage_of


def test_half_an_answer_is_kept_and_told_what_it_lacks(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    with transaction(ours) as session:
        wrong = service.save(session, ours, "billing", {"clients": "many", "billing": "advance"})
    assert set(wrong) == {"clients", "billing_day"}
    with transaction(ours, read_only=True) as session:
        found = service.current(session, ours)
    assert found.answers == {"clients": "many", "billing": "advance"}
    assert found.is_open
    assert not found.was_sent


def test_sending_sets_currency_and_zone_and_leads_to_booking(world: World) -> None:
    agent()
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    with transaction(ours) as session:
        assert service.send(session, ours) is Stage.BOOKING
    with transaction(None, read_only=True) as session:
        row = session.get(Workspace, ours.workspace_id)
        assert row is not None
        assert (row.currency, row.time_zone, row.stage) == ("CAD", "America/Chicago", "booking")
        assert row.stage_since is not None
        tags = set(session.scalars(select(AuditEvent.tag).where(AuditEvent.workspace_id == ours.workspace_id)))
    assert {"onboarding:answer", "onboarding:send", "onboarding:stage"} <= tags
    assert stage_of(world.theirs) is Stage.ACTIVE


def test_answers_sent_later_change_no_settings_of_who_may_not_and_no_currency_of_what_was_read(world: World) -> None:
    answer_all(world.ours)
    operator = world.as_role(Role.OPERATOR)
    with transaction(operator) as session:
        service.send(session, operator)
        assert session.get_one(Workspace, operator.workspace_id).time_zone == "UTC"
        service.save(session, operator, "people", {"reviewer": "several", "four_eyes": "no"})
        session.add(
            Connection(
                workspace_id=operator.workspace_id, connector="halopsa", vendor="HaloPSA", label="Halo",
                label_key="halo", side="psa", is_enabled=True, last_complete_at=clock.now(),
            )
        )  # fmt: skip
    with transaction(world.ours) as session:
        service.send(session, world.ours)
        row = session.get_one(Workspace, world.ours.workspace_id)
        assert (row.time_zone, row.currency) == ("America/Chicago", "USD")


def test_where_there_are_no_agents_sending_opens_everything(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    with transaction(ours) as session:
        assert service.send(session, ours) is Stage.ACTIVE


def test_what_lacks_something_is_not_sent(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    with pytest.raises(AnswersInvalid), transaction(ours) as session:
        service.send(session, ours)
    with transaction(ours) as session:
        service.save(session, ours, "psa", COMPLETE["psa"])
    with pytest.raises(AnswersInvalid) as caught, transaction(ours) as session:
        service.send(session, ours)
    assert "currency" in caught.value.by_key
    assert stage_of(ours) is Stage.QUESTIONNAIRE


def test_answers_changed_later_are_a_new_edition_with_what_changed(world: World) -> None:
    agent()
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    with transaction(ours) as session:
        service.send(session, ours)
    with pytest.raises(Conflict), transaction(ours) as session:
        service.send(session, ours)
    with transaction(ours) as session:
        service.save(session, ours, "billing", {**COMPLETE["billing"], "clients": "131"})
    with transaction(ours, read_only=True) as session:
        assert [each.number for each in service.editions(session, ours)] == [1], "it counts once it is sent"
    with transaction(ours) as session:
        assert service.send(session, ours) is Stage.BOOKING
    with transaction(ours, read_only=True) as session:
        newest, first = service.editions(session, ours)
    assert [(each.before, each.after) for each in newest.changes] == [("118 clients", "131 clients")]
    assert first.changes == ()
    assert newest.sent_by == world.ours.user_name


def test_the_same_answer_again_leaves_no_trace(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    for _ in range(2):
        with transaction(ours) as session:
            service.save(session, ours, "psa", COMPLETE["psa"])
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.tag == "onboarding:answer")).all()) == 1
        assert len(session.scalars(select(Intake)).all()) == 1


def test_viewers_read_and_do_not_answer(world: World) -> None:
    viewer = world.as_role(Role.VIEWER)
    with transaction(viewer) as session:
        service.current(session, viewer)
        with pytest.raises(NotPermitted):
            service.save(session, viewer, "psa", COMPLETE["psa"])
        with pytest.raises(NotPermitted):
            service.send(session, viewer)


def test_a_group_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound), transaction(world.ours) as session:
        service.save(session, world.ours, "nonsense", {})


def test_another_workspaces_answers_stay_unseen(world: World) -> None:
    with transaction(world.ours) as session:
        service.save(session, world.ours, "psa", COMPLETE["psa"])
    with transaction(world.theirs, read_only=True) as session:
        assert service.current(session, world.theirs).answers == {}
