"""Deeds on many: exactly what was previewed, once, resumable, taken back as one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobTakenOver
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review import bulk, service
from rcx_app.domain.review.schemas import Bulk, Deed, Verdict
from rcx_app.models import AuditEvent, ReviewEvent
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import (
    APPROVE,
    DEC_1,
    GONE_BY,
    add_servers,
    decide,
    estate,
    finding,
    findings,
    join,
    run,
)

OPEN = FindingFilters(states=("open",))


def ask(world: World, chosen: bulk.Chosen, verdict: Verdict, token: str = "token-0001") -> Bulk:
    with frozen(NOON), transaction(world.ours) as session:
        shown = bulk.preview(session, world.ours, chosen, verdict.deed)
        return bulk.decide_many(session, world.ours, chosen, verdict, seen=shown.seen, token=token)


def handle(world: World, job_id: int | None) -> JobHandle:
    with transaction(None) as session:
        claimed = jobs.claim(session, job_id or 0)
    assert claimed is not None
    return JobHandle(claimed)


def states(world: World) -> list[str]:
    return sorted(each.state for each in findings(world.ours))


def test_a_preview_counts_what_the_deed_can_touch(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 4, "3": 2}, {"2": ()})
    with transaction(world.ours, read_only=True) as session:
        shown = bulk.preview(session, world.ours, OPEN, Deed.APPROVE)
        whole = bulk.preview(session, world.ours, OPEN, Deed.DISMISS)
        narrow = bulk.preview(session, world.ours, FindingFilters(search="client 3"), Deed.APPROVE)
    assert (shown.count, shown.left_out) == (2, 1)
    assert [(each.currency, each.count, each.amount) for each in shown.sums] == [("USD", 2, Decimal(12))]
    assert (whole.count, whole.left_out) == (3, 0)
    assert (narrow.count, narrow.sums[0].amount) == (1, Decimal(4))


def test_few_are_decided_at_once_and_taken_back_as_one(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3, "3": 1})
    first, again = ask(world, OPEN, APPROVE), ask(world, FindingFilters(), APPROVE)
    assert first == again
    assert (first.applied, first.refusals, first.is_done, first.job_id) == (2, 0, True, None)
    assert states(world) == ["approved", "approved"]
    with transaction(world.ours, read_only=True) as session:
        assert {each.effective_date for each in service.approved(session, world.ours)} == {DEC_1}
    with frozen(NOON), transaction(world.ours) as session:
        for _ in range(2):
            undone = bulk.undo(session, world.ours, first.batch, token="undo-0001")
            assert (undone.applied, undone.refusals) == (2, 0)
    assert states(world) == ["open", "open"]
    with transaction(world.ours, read_only=True) as session:
        tags = session.exec(select(AuditEvent.tag).where(AuditEvent.subject_type == "review_batch")).all()
        assert sorted(tags) == ["finding:verdict:approve", "finding:verdict:undo"]
    with transaction(world.ours) as session, pytest.raises(Invalid, match="nothing to undo"):
        bulk.undo(session, world.ours, first.batch, token="undo-0002")


def test_a_list_that_changed_since_its_preview_is_refused(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    with transaction(world.ours, read_only=True) as session:
        shown = bulk.preview(session, world.ours, OPEN, Deed.APPROVE)
    decide(join(world.ours, "Bea Blue"), finding(world.ours).id, GONE_BY)
    with frozen(NOON), transaction(world.ours) as session, pytest.raises(Conflict, match="changed since the preview"):
        bulk.decide_many(session, world.ours, OPEN, APPROVE, seen=shown.seen, token="token-0001")
    assert states(world) == ["dismissed", "open"]


def test_undoing_many_passes_over_what_was_decided_anew(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    done = ask(world, OPEN, APPROVE)
    decide(join(world.ours, "Bea Blue"), finding(world.ours).id, GONE_BY)
    with frozen(NOON), transaction(world.ours) as session:
        undone = bulk.undo(session, world.ours, done.batch, token="undo-0001")
    assert (undone.applied, undone.refusals) == (1, 1)
    assert "Bea Blue dismissed it meanwhile" in undone.refused[0].message
    assert states(world) == ["dismissed", "open"]


def test_many_are_a_job_that_goes_on_where_a_dead_worker_left_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "PIECE", 2)
    monkeypatch.setattr(bulk, "PAUSE_S", 0)
    estate(world.ours, {str(number): 3 for number in range(1, 8)})
    asked = ask(world, OPEN, APPROVE)
    assert (asked.total, asked.done) == (7, 0)
    decide(join(world.ours, "Bea Blue"), finding(world.ours, "7").id, GONE_BY)
    job = handle(world, asked.job_id)
    with transaction(world.ours) as session, pytest.raises(Conflict, match="still being applied"):
        bulk.undo(session, world.ours, asked.batch, token="undo-0001")

    def dies(done: int, total: int = 0, note: str = "") -> None:
        del total, note
        if done == 4:
            raise JobTakenOver("dead")

    monkeypatch.setattr(job, "progress", dies)
    with frozen(NOON), pytest.raises(JobTakenOver):
        bulk.run(job)
    assert states(world).count("approved") == 4
    monkeypatch.undo()
    monkeypatch.setattr(bulk, "PIECE", 2)
    monkeypatch.setattr(bulk, "PAUSE_S", 0)
    with frozen(NOON):
        assert bulk.run(job) == {"applied": 6, "refused": 1, "batch": "token-0001"}
    with transaction(world.ours, read_only=True) as session:
        shown = bulk.progress(session, world.ours, "token-0001")
        given = session.exec(select(ReviewEvent).where(ReviewEvent.deed == "approve")).all()
        assert jobs.view(session, world.ours, asked.job_id or 0).state == "done"
    assert (shown.done, shown.applied, len(given)) == (7, 6, 6)
    assert "Bea Blue dismissed it" in shown.refused[0].message
    assert states(world) == ["approved"] * 6 + ["dismissed"]


def test_nonsense_and_foreign_ids_are_refused_before_anything_happens(sqlite_world: World) -> None:
    world = sqlite_world
    estate(world.ours, {"1": 3})
    for verdict, words in (
        (Verdict(Deed.APPROVE, effective_date=date(2026, 11, 1)), "in the past"),
        (Verdict(Deed.DISMISS, scope="for_good"), "needs a reason"),
        (Verdict(Deed.SPLIT), "finding by finding"),
        (Verdict(Deed.ASSIGN, assignee_id=77), "no member"),
    ):
        with pytest.raises(Invalid, match=words):
            ask(world, OPEN, verdict)
    for token in ("", "short", "x" * 65, "with space"):
        with pytest.raises(Invalid, match="broken"):
            ask(world, OPEN, APPROVE, token)
    for ids in ([999], [-1], [2**70]):
        with pytest.raises(NotFound):
            ask(world, ids, APPROVE)
    with transaction(world.theirs) as session, pytest.raises(NotFound):
        bulk.preview(session, world.theirs, [finding(world.ours).id], Deed.APPROVE)
    viewer = world.as_role(Role.VIEWER)
    with transaction(viewer) as session, pytest.raises(NotPermitted):
        bulk.decide_many(session, viewer, OPEN, APPROVE, seen="", token="token-0001")
    with pytest.raises(Invalid, match="nothing that this"):
        ask(world, FindingFilters(search="nobody"), APPROVE)
    assert states(world) == ["open"]


def test_the_queue_is_narrowed_by_what_stands_on_findings(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3, "3": 3})
    one, two, three = (finding(world.ours, client).id for client in "123")
    decide(world.ours, one, Verdict(Deed.ASSIGN, assignee_id=world.ours.user_id))
    decide(world.ours, two, Verdict(Deed.TAG, add=("50% off_", "x")))
    decide(world.ours, three, Verdict(Deed.SNOOZE))
    add_servers(world.ours, "3", 1)
    run(world.ours)
    decide(world.ours, two, Verdict(Deed.SNOOZE))
    with transaction(world.ours, read_only=True) as session:

        def left(**filters: object) -> set[int]:
            page = screens.findings(session, world.ours, FindingFilters(**filters))
            assert screens.count_findings(session, world.ours, FindingFilters(**filters)) == len(page.items)
            return {each.finding_id for each in page.items}

        assert left(assignee_id=world.ours.user_id) == {one}
        assert left(assignee_id=0) == {two, three}
        assert left(tag="50% OFF_") == {two}
        assert left(tag="50") == left(tag="%") == set()
        assert left(is_returned=True) == {three}
        assert left(states=("snoozed",)) == {two}
        assert left(is_returned=False) == {one, two}
