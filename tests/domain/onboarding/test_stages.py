"""From stage to stage: who moves a workspace, what it leaves, and which deeds fit no stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role, Stage
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.onboarding import service
from rcx_app.domain.subscription import service as subscription
from rcx_app.models import AuditEvent, Connection
from tests.conftest import World
from tests.domain.onboarding.making import agent, at, stage_of

DEEDS: tuple[tuple[Callable[..., None], Stage, Stage], ...] = (
    (service.skip_booking, Stage.BOOKING, Stage.SETUP),
    (service.finalise, Stage.SETUP, Stage.ACTIVE),
    (service.step_back, Stage.ACTIVE, Stage.SETUP),
    (service.step_back, Stage.SETUP, Stage.BOOKING),
    (service.step_back, Stage.BOOKING, Stage.QUESTIONNAIRE),
    (service.suspend, Stage.QUESTIONNAIRE, Stage.SUSPENDED),
    (service.suspend, Stage.ACTIVE, Stage.SUSPENDED),
)


def test_an_agent_moves_a_workspace_and_its_trail_says_so(world: World) -> None:
    elin = agent()
    for deed, before, after in DEEDS:
        ours = at(world.ours, before)
        with transaction(None) as session:
            deed(session, elin, ours.workspace_id, "Seen together")
        assert stage_of(ours) is after
        with transaction(world.ours, read_only=True) as session:
            newest = audit.entries(session, world.ours).items[0]
            step = service.steps(session, world.ours)[0]
        assert newest.user_name == "agent Elin Sorensen of RCX"
        assert (newest.detail["before"], newest.detail["after"]) == (before.value, after.value)
        assert (step.who, step.note, step.stage_to) == ("Elin Sorensen", "Seen together", after)
    assert stage_of(world.theirs) is Stage.ACTIVE


def test_the_trial_begins_with_guided_setup_itself(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.BOOKING)
    with transaction(ours) as session:
        service.session_booked(session, ours)
        begun = subscription.overview(session, ours)
    assert begun is not None
    assert begun.state == "trial"
    theirs = at(world.theirs, Stage.BOOKING)
    with transaction(None) as session:
        service.skip_booking(session, elin, theirs.workspace_id, "")
    with transaction(theirs, read_only=True) as session:
        assert subscription.overview(session, theirs) is not None


def test_what_was_suspended_goes_on_where_it_stood(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.SETUP)
    with transaction(None) as session:
        service.suspend(session, elin, ours.workspace_id, "Unpaid")
    with transaction(None) as session:
        service.resume(session, elin, ours.workspace_id, "")
    assert stage_of(ours) is Stage.SETUP


def test_a_deed_that_does_not_fit_the_stage_is_refused(world: World) -> None:
    elin = agent()
    fits = {(deed, before) for deed, before, _ in DEEDS} | {(service.resume, Stage.SUSPENDED)}
    for deed in (service.skip_booking, service.finalise, service.step_back, service.suspend, service.resume):
        for stage in Stage:
            if (deed, stage) in fits or (deed is service.suspend and stage is not Stage.SUSPENDED):
                continue
            ours = at(world.ours, stage)
            with pytest.raises(Conflict), transaction(None) as session:
                deed(session, elin, ours.workspace_id, "A note")
            assert stage_of(ours) is stage


def test_what_weighs_needs_a_note_and_nobody_but_an_agent_does_it(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.SETUP)
    for deed in (service.finalise, service.step_back, service.suspend):
        with pytest.raises(Invalid), transaction(None) as session:
            deed(session, elin, ours.workspace_id, "   ")
    for deed in (service.finalise, service.step_back, service.suspend, service.resume, service.skip_booking):
        for context in (ours, world.theirs):
            with pytest.raises(NotPermitted), transaction(None) as session:
                deed(session, context, ours.workspace_id, "Please")
    assert stage_of(ours) is Stage.SETUP


def test_the_house_has_no_stages_and_unknown_workspaces_are_not_found(world: World) -> None:
    elin = agent()
    with pytest.raises(Conflict), transaction(None) as session:
        service.suspend(session, elin, elin.workspace_id, "Try")
    with pytest.raises(NotFound), transaction(None) as session:
        service.suspend(session, elin, 999_999, "Try")


def test_a_settled_session_opens_setup_and_nothing_more(world: World) -> None:
    for stage in Stage:
        ours = at(world.ours, stage)
        with transaction(ours) as session:
            service.session_booked(session, ours)
        assert stage_of(ours) is (Stage.SETUP if stage is Stage.BOOKING else stage)


def test_new_workspaces_begin_as_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.first_stage() is Stage.QUESTIONNAIRE
    monkeypatch.setenv("RCX_ONBOARDING", "open")
    settings.cache_clear()
    assert service.first_stage() is Stage.ACTIVE


def test_the_checklist_ticks_from_facts(world: World) -> None:
    ours = at(world.ours, Stage.SETUP)

    def done() -> set[str]:
        with transaction(ours, read_only=True) as session:
            return {each.key for each in service.tasks(session, ours) if each.is_done}

    assert done() == set()
    with transaction(ours) as session:
        session.add(_connection(ours.workspace_id, "psa", label="CW"))
    assert done() == {"psa"}
    with transaction(ours) as session:
        for row in session.scalars(select(Connection)):
            row.last_complete_at = row.created_at
        usage = _connection(ours.workspace_id, "usage", label="Ninja")
        usage.last_complete_at = usage.created_at
        session.add(usage)
    assert done() == {"psa", "sync"}
    with transaction(ours) as session:
        for row in session.scalars(select(Connection)):
            row.is_enabled = False
    assert done() == set(), "what is undone is not ticked any more"


def _connection(workspace_id: int, side: str, *, label: str) -> Connection:
    return Connection(workspace_id=workspace_id, side=side, vendor="x", label=label, label_key=label.lower())


def test_agents_deeds_are_told_to_the_workspace_alone(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.SETUP)
    with transaction(None) as session:
        service.finalise(session, elin, ours.workspace_id, "Ready")
    with transaction(None, read_only=True) as session:
        query: Any = select(AuditEvent.workspace_id).where(AuditEvent.tag == "onboarding:stage")
        assert set(session.scalars(query)) == {ours.workspace_id}
    viewer = world.as_role(Role.VIEWER)
    with pytest.raises(NotPermitted):
        viewer.visiting(ours.workspace_id)
