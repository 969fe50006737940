"""Unclear writes are read again by themselves, ever more seldom, and lost sets are gone on with; no more than that."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.context import system_context
from rcx_app.core.db import transaction
from rcx_app.domain.writeback import watching
from rcx_app.domain.writeback.journal import LATE
from rcx_app.domain.writeback.schemas import ChangeState, SetState
from rcx_app.models import ChangeSet, JobRun
from tests.support.writeback import Psa

MINUTE = timedelta(minutes=1)


def watched(here: Psa) -> int:
    context = system_context(here.ours.workspace_id)
    with transaction(context) as session:
        return watching.watch(session, context)


def unclear(here: Psa) -> int:
    made = here.planned(here.wanted(here.lines()[0], 1))
    here.approve(made)
    here.sandbox.faults.plan("status", 500, path="Adjustments")
    here.work()
    assert here.only(made).state == ChangeState.UNCLEAR
    return made


def test_an_unclear_change_is_settled_without_anybody(autotask: Psa) -> None:
    here = autotask
    made = unclear(here)
    held = here.planned(here.wanted(here.lines()[1], 1))
    assert watched(here) == 0, "the job has only just ended"
    began = clock.now()
    with clock.frozen(began + 2 * MINUTE):
        tasks.watch_writes()
        assert here.waiting_job() is not None
        assert watched(here) == 0, "one waits already"
        here.work()
        assert watched(here) == 0
    assert here.only(made).state == ChangeState.UNCLEAR
    with clock.frozen(began + LATE + 2 * MINUTE):
        assert watched(here) == 1
        here.work()
        assert watched(here) == 0, "nothing is open any more"
    assert here.only(made).state == ChangeState.FAILED
    assert here.view(held).state == SetState.WAITING
    assert [each for each in here.sent() if each.status < 400] == []


def test_what_waits_for_a_person_is_not_sent_by_looking(autotask: Psa) -> None:
    here = autotask
    unclear(here)
    made = here.planned(here.wanted(here.lines()[1], 1))
    here.approve(made)
    with transaction(here.ours) as session:  # the job of the approval was lost for good
        for job in session.scalars(select(JobRun).where(col(JobRun.state) == "queued")):
            job.state, job.finished_at = "cancelled", clock.now()
    with clock.frozen(clock.now() + 2 * MINUTE):
        assert watched(here) == 1
        here.work()
    assert here.view(made).state == SetState.APPROVED
    assert here.sent()[1:] == []


def test_a_set_whose_job_was_given_up_is_gone_on_with(autotask: Psa) -> None:
    here = autotask
    made = here.planned(here.wanted(here.lines()[0], 1))
    here.approve(made)
    with transaction(here.ours) as session:
        session.get_one(ChangeSet, made).state = SetState.SENDING
        for job in session.scalars(select(JobRun).where(col(JobRun.state) == "queued")):
            job.state, job.finished_at = "failed", clock.now()
    assert watched(here) == 0
    with clock.frozen(clock.now() + 2 * MINUTE):
        assert watched(here) == 1
        here.work()
    assert here.only(made).state == ChangeState.VERIFIED
    assert len(here.sent()) == 1
