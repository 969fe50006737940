"""A training from verdict to model: what gains is used, what doesn't is not, and nothing half-done is left behind."""

from __future__ import annotations

import json

import pytest
from sqlmodel import col, select

from matching import learn
from matching.background import background
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobCancelled, JobState
from rcx_app.domain.learning import service, training
from rcx_app.domain.learning.repository import LearningRepository
from rcx_app.domain.learning.schemas import ModelState
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping import suggest
from rcx_app.models import AuditEvent, MatchModel
from tests.conftest import World, make_workspace
from tests.domain.learning.making import asked, claimed, decide, drop_waiting, msp, suggestions, train, waiting


@pytest.fixture(autouse=True)
def _small_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "BENCH_TENANTS", 1)


def rows(world: World) -> list[MatchModel]:
    with transaction(world.ours, read_only=True) as session:
        query = select(MatchModel).where(MatchModel.workspace_id == world.ours.workspace_id)
        return list(session.scalars(query.order_by(col(MatchModel.number))))


def test_a_workspace_with_a_habit_gets_a_model_of_its_own_and_new_suggestions(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    drop_waiting(world.ours, "mapping.match")
    before = suggestions(world.ours)
    result = train(world.ours)
    assert (result["number"], result["adopted"]) == (1, True), result["reason"]
    assert waiting(world.ours, "mapping.match") == 1
    with transaction(world.ours, read_only=True) as session:
        in_use = service.model_in_use(session, world.ours)
        (view,) = service.models(session, world.ours)
        standing = service.standing(session, world.ours)
        tags = session.scalars(select(AuditEvent.tag)).all()
    assert in_use.version == f"workspace 1 on {service.shipped_version()}"
    assert (view.state, view.is_in_use, view.made_by) == (ModelState.ADOPTED, True, "Northbeam IT owner")
    by_client = view.held[0]
    assert by_client.after.log_loss < by_client.before.log_loss
    assert by_client.gain[0] > 0
    assert view.times["street"] < 1
    assert (standing.labels, standing.new_labels, standing.running_job) == (120, 0, None)
    assert {"matching:learn", "matching:model:train"} <= set(tags)
    suggest.refresh(world.ours)
    assert suggestions(world.ours) != before


def test_verdicts_at_random_are_measured_and_not_used(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120, at_random=True)
    drop_waiting(world.ours, "mapping.match")
    result = train(world.ours)
    assert not result["adopted"]
    with transaction(world.ours, read_only=True) as session:
        (view,) = service.models(session, world.ours)
        assert service.model_in_use(session, world.ours).model is None
    assert (view.state, view.can_adopt, view.reason) == (ModelState.REJECTED, False, result["reason"])
    assert view.held[0].accounts > 100
    assert waiting(world.ours, "mapping.match") == 0
    with transaction(world.ours) as session, pytest.raises(Invalid, match="measured no better"):
        service.adopt(session, world.ours, 1)


def test_ten_verdicts_change_nothing(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 10)
    with transaction(world.ours) as session, pytest.raises(Invalid, match="There are 10 verdicts"):
        service.request(session, world.ours)
    # Also where the job was asked for when there were enough.
    with transaction(world.ours) as session:
        job_id = jobs.enqueue(session, world.ours, service.KIND, {}, dedupe_key=service.DEDUPE)
    result = training.run(JobHandle(claimed(job_id)))
    assert (result["number"], result["adopted"]) == (None, False)
    assert "at least 50" in result["reason"]
    assert rows(world) == []


def test_verdicts_that_were_taken_back_teach_nothing(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    for _ in range(2):
        with transaction(world.ours) as session:
            mapping.undo(session, world.ours)
    with transaction(world.ours, read_only=True) as session:
        standing = service.standing(session, world.ours)
    assert (standing.labels, standing.is_enough) == (0, False)


def test_two_trainings_asked_for_at_once_are_one_and_run_one_after_the_other(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    with transaction(world.ours) as session:
        first = service.request(session, world.ours)
        assert service.request(session, world.ours) == first
    running = claimed(first)
    with transaction(world.ours) as session:
        assert service.standing(session, world.ours).running_job == first
        second = service.request(session, world.ours)
    with transaction(None) as session:
        assert jobs.claim(session, second) is None
    assert training.run(JobHandle(running))["adopted"]
    again = training.run(JobHandle(claimed(second)))
    assert (again["number"], again["adopted"]) == (2, False)
    assert "within chance" in again["reason"]
    assert [row.state for row in rows(world)] == ["adopted", "rejected"]


def test_a_model_put_into_use_meanwhile_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    train(world.ours)
    learned = learn.learn

    def meanwhile(*args: object, **how: object) -> learn.Learned:
        with transaction(world.ours) as session:
            service.roll_back(session, world.ours)
        found = learned(*args, **how)  # type: ignore[arg-type]
        return learn.Learned(
            found.adjustment, found.labels, found.clients, found.held, found.bench, True, "Better in every way."
        )

    monkeypatch.setattr(learn, "learn", meanwhile)
    result = train(world.ours)
    assert not result["adopted"]
    assert "put into use while" in result["reason"]
    assert [row.state for row in rows(world)] == ["retired", "rejected"]


def test_a_training_killed_in_between_leaves_everything_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    drop_waiting(world.ours, "mapping.match")
    job = asked(world.ours)
    record = audit.record

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        training.run(JobHandle(job))
    monkeypatch.setattr(audit, "record", record)
    assert rows(world) == []
    assert waiting(world.ours, "mapping.match") == 0
    with transaction(world.ours, read_only=True) as session:
        assert service.model_in_use(session, world.ours).model is None
    # Its next attempt does the whole work.
    with transaction(world.ours) as session:
        assert jobs.put_back(session, job)
    assert training.run(JobHandle(claimed(job.job_id)))["adopted"]


def test_a_cancelled_training_keeps_nothing(world: World) -> None:
    made = msp(world.ours)
    decide(world.ours, made, 120)
    job = asked(world.ours)
    with transaction(world.ours) as session:
        jobs.cancel(session, world.ours, job.job_id)
    with pytest.raises(JobCancelled):
        training.run(JobHandle(job))
    assert rows(world) == []
    with transaction(world.ours, read_only=True) as session:
        assert jobs.view(session, world.ours, job.job_id).state is JobState.CANCELLED


def test_what_another_workspace_is_called_and_decides_changes_nothing_here(world: World) -> None:
    """The same workspace twice: before anybody else was there, and beside one full of unusual words."""
    alone = _learned(make_workspace("Lone MSP"))
    theirs = msp(world.theirs, seed=3002, words=("Zyxwvut", "Qoppaform"))
    decide(world.theirs, theirs, 120)
    assert train(world.theirs)["number"] == 1
    with transaction(world.theirs) as session:
        (row,) = LearningRepository(session, world.theirs).models()
        service.put_into_use(session, world.theirs, row, clock.now())
    suggest.refresh(world.theirs)
    beside = _learned(world.ours)
    assert beside == alone
    with transaction(world.theirs, read_only=True) as session:
        query = select(MatchModel).where(MatchModel.workspace_id == world.theirs.workspace_id)
        made_there = session.scalars(query).one()
        kept = json.dumps([made_there.parameters, made_there.about]).lower()
    assert not any(word in kept for word in ("zyxwvut", "qoppaform"))
    assert not {"zyxwvut", "qoppaform"} & set(background().words)


def _learned(context: Context) -> tuple[object, ...]:
    """What a workspace learns from its verdicts, and everything that it suggests then, told by names."""
    made = msp(context)
    decide(context, made, 120)
    assert train(context)["adopted"]
    suggest.refresh(context)
    names = {number: name for name, number in made.accounts.items()}
    clients = {number: name for name, number in made.clients.items()}
    with transaction(context, read_only=True) as session:
        model = session.scalars(select(MatchModel).where(MatchModel.workspace_id == context.workspace_id)).one()
        about = {name: value for name, value in model.about.items() if name != "until"}
        kept = json.dumps([model.parameters, about], sort_keys=True)
    suggested = sorted((names[account], clients[client], *rest) for account, client, *rest in suggestions(context))
    return kept, model.reason, suggested
