"""Which model is in use: put into use, taken back, replaced under our feet, and by whom it may be changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from jobs import tasks
from matching import learn
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.learning import service
from rcx_app.domain.learning.schemas import InUse, ModelState
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.models import AuditEvent, JobRun, MatchModel
from tests.conftest import World
from tests.domain.learning.making import drop_waiting, suggestions, waiting
from tests.domain.mapping.making import make
from tests.domain.mapping.test_verdicts import decide

NAMES = ["Saltmarsh Veterinary", "Quarry Builders", "Tidewell Clinics", "Fennimore Foods"]


def add_model(world: World, number: int, state: str, *, over: int | None = None, base: str | None = None) -> None:
    """A model that finds names less telling the higher its number."""
    at = clock.now()
    with transaction(world.ours) as session:
        session.add(
            MatchModel(
                workspace_id=world.ours.workspace_id,
                number=number,
                state=state,
                reason="Better on 60 held-out verdicts.",
                base=base or service.shipped_version(),
                parameters={"intercept": -0.5 * number, "slope": 1.0, "times": {"name": 1 - number / 10}},
                about={"labels": 60, "clients": 40, "until": at.isoformat(), "over": over, "held": []},
                adopted_at=at if state != "rejected" else None,
            )
        )


def in_use(world: World) -> InUse:
    with transaction(world.ours, read_only=True) as session:
        return service.model_in_use(session, world.ours)


def roll_back(world: World) -> InUse:
    with transaction(world.ours) as session:
        return service.roll_back(session, world.ours)


def test_taking_a_model_back_restores_every_suggestion_exactly(world: World) -> None:
    make(world.ours, clients=NAMES, accounts=[f"{name} Ltd" for name in NAMES[:3]] + ["Fenimore Fods"])
    suggest.refresh(world.ours)
    shipped = suggestions(world.ours)
    add_model(world, 1, "adopted")
    suggest.refresh(world.ours)
    first = suggestions(world.ours)
    assert first != shipped
    with transaction(world.ours) as session:
        session.scalars(select(MatchModel)).one().state = "retired"
    add_model(world, 2, "adopted", over=1)
    suggest.refresh(world.ours)
    assert suggestions(world.ours) not in (first, shipped)
    assert roll_back(world).number == 1
    assert waiting(world.ours, "mapping.match") == 1
    suggest.refresh(world.ours)
    assert suggestions(world.ours) == first
    drop_waiting(world.ours, "mapping.match")
    assert roll_back(world).version == service.shipped_version()
    assert waiting(world.ours, "mapping.match") == 1
    suggest.refresh(world.ours)
    assert suggestions(world.ours) == shipped
    with pytest.raises(Conflict, match="shipped model is in use already"):
        roll_back(world)
    with transaction(world.ours, read_only=True) as session:
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag == "matching:model:roll_back")).all()
    assert len(tags) == 2


def test_a_model_that_was_in_use_once_can_be_used_again(world: World) -> None:
    add_model(world, 1, "retired")
    add_model(world, 2, "adopted", over=1)
    with transaction(world.ours) as session:
        service.adopt(session, world.ours, 1)
    assert in_use(world).number == 1
    assert waiting(world.ours, "mapping.match") == 1
    with transaction(world.ours) as session:
        service.adopt(session, world.ours, 1)
        one, two = sorted(service.models(session, world.ours), key=lambda model: model.number)
    assert (one.state, one.is_in_use, one.retired_at) == (ModelState.ADOPTED, True, None)
    assert (two.state, two.can_adopt) == (ModelState.RETIRED, True)
    assert two.retired_at is not None


def test_a_model_that_was_measured_worse_or_is_not_there_cannot_be_used(world: World) -> None:
    add_model(world, 1, "rejected")
    with transaction(world.ours) as session, pytest.raises(Invalid, match="measured no better"):
        service.adopt(session, world.ours, 1)
    with transaction(world.ours) as session, pytest.raises(NotFound):
        service.adopt(session, world.ours, 2)
    assert in_use(world).model is None


def test_another_workspace_neither_sees_nor_uses_our_models(world: World) -> None:
    add_model(world, 1, "retired")
    with transaction(world.theirs) as session:
        assert service.models(session, world.theirs) == ()
        with pytest.raises(NotFound):
            service.adopt(session, world.theirs, 1)
    add_model(world, 2, "adopted")
    with transaction(world.theirs) as session:
        assert service.model_in_use(session, world.theirs).number is None
        with pytest.raises(Conflict):
            service.roll_back(session, world.theirs)
    assert in_use(world).number == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_who_may_not_change_settings_changes_no_model(world: World, role: Role) -> None:
    add_model(world, 1, "retired")
    add_model(world, 2, "adopted", over=1)
    person = world.as_role(role)
    with transaction(world.ours) as session:
        for change in (
            lambda: service.request(session, person),
            lambda: service.adopt(session, person, 1),
            lambda: service.roll_back(session, person),
            lambda: service.request_due(session, person),
        ):
            with pytest.raises(NotPermitted):
                change()
        assert len(service.models(session, person)) == 2
        assert service.standing(session, person).labels == 0
    assert in_use(world).number == 2


def test_a_model_whose_base_is_no_longer_shipped_is_not_used_and_says_so(world: World) -> None:
    add_model(world, 1, "retired", base="org-match 00000000")
    add_model(world, 2, "adopted", over=1, base="org-match 00000000")
    assert in_use(world) == InUse(model=None, version=service.shipped_version())
    with transaction(world.ours) as session:
        newest, oldest = service.models(session, world.ours)
        with pytest.raises(Invalid, match="shipped model that was replaced"):
            service.adopt(session, world.ours, 1)
    assert (newest.state, newest.is_in_use) == (ModelState.ADOPTED, False)
    assert "shipped model under it was replaced" in newest.reason
    assert not oldest.can_adopt
    assert roll_back(world).version == service.shipped_version()


def test_numbers_that_cannot_be_read_leave_the_shipped_model_in_use(world: World) -> None:
    add_model(world, 1, "adopted")
    with transaction(world.ours) as session:
        session.scalars(select(MatchModel)).one().parameters = {"intercept": 0.0}
    assert in_use(world) == InUse(model=None, version=service.shipped_version())


def asked_by_itself(world: World) -> bool:
    tasks.start_learning()
    with transaction(world.ours, read_only=True) as session:
        return bool(jobs.open_jobs(session, world.ours, [service.KIND]))


def end_jobs(world: World) -> None:
    with transaction(world.ours) as session:
        for row in session.scalars(select(JobRun).where(JobRun.kind == service.KIND)):
            row.state = "done"


def test_by_itself_a_training_is_asked_for_once_a_week_and_for_new_verdicts_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "LABELS", 3)
    monkeypatch.setattr(learn, "CLIENTS", 2)
    monkeypatch.setattr(service, "NEW_LABELS", 2)
    start = clock.now()
    made = make(world.ours, clients=NAMES, accounts=NAMES)
    for number in (1, 2):
        decide(world.ours, made.accounts[f"a-{number}"], Verdict.CONFIRM, client_id=made.clients[f"c-{number}"])
    assert not asked_by_itself(world)  # too few at all
    decide(world.ours, made.accounts["a-3"], Verdict.NO_MATCH)
    assert asked_by_itself(world)
    end_jobs(world)
    add_model(world, 1, "adopted")
    with clock.frozen(start + timedelta(days=8)):
        assert not asked_by_itself(world)  # nothing new
    with clock.frozen(start + timedelta(days=2)):
        decide(world.ours, made.accounts["a-3"], Verdict.CONFIRM, client_id=made.clients["c-3"])
        decide(world.ours, made.accounts["a-4"], Verdict.NO_MATCH)
        assert not asked_by_itself(world)  # not a week ago
    with clock.frozen(start + timedelta(days=8)):
        assert asked_by_itself(world)
        end_jobs(world)
        assert not asked_by_itself(world)


def test_a_base_that_was_replaced_is_reason_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "LABELS", 1)
    monkeypatch.setattr(learn, "CLIENTS", 1)
    made = make(world.ours, clients=NAMES, accounts=NAMES)
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    add_model(world, 1, "adopted")
    assert not asked_by_itself(world)
    with transaction(world.ours) as session:
        session.scalars(select(MatchModel)).one().base = "org-match 00000000"
    assert asked_by_itself(world)
