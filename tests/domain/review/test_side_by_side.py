"""Many approvals as one job, while somebody else decides on single findings: how long each of those waits."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review import bulk, service
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.models import Finding
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import APPROVE, GONE_BY, estate, finding, join, multiply

MANY = 1_000
APART = 40
BOUND_S = 10.0
"""Generous, since other things run beside; what was measured is printed."""


def test_nobody_waits_long_for_a_thousand_approvals(world: World) -> None:
    estate(world.ours, {"1": 3})
    with transaction(world.ours) as session:
        multiply(session, session.get_one(Finding, finding(world.ours).id), MANY + APART)
        every = session.scalars(select(Finding.id).where(Finding.client_key == "many").order_by(Finding.id)).all()  # type: ignore[arg-type]
        singles = every[:APART]
        for each in session.scalars(select(Finding).where(Finding.id.in_(singles))):  # type: ignore[attr-defined]
            each.client_key, each.sort_amount = "single", Decimal(0)
    filters = FindingFilters(search="many")
    began = time.perf_counter()
    with frozen(NOON), transaction(world.ours) as session:
        shown = bulk.preview(session, world.ours, filters, Deed.APPROVE)
        previewed = time.perf_counter()
        asked = bulk.decide_many(session, world.ours, filters, APPROVE, seen=shown.seen, token="token-0001")
    asked_at = time.perf_counter()
    assert shown.count == asked.total == MANY
    with transaction(None) as session:
        claimed = jobs.claim(session, asked.job_id or 0)
    assert claimed is not None
    bea, waits, over = join(world.ours, "Bea Blue"), [], threading.Event()

    def work() -> None:
        try:
            with frozen(NOON):
                bulk.run(JobHandle(claimed))
        finally:
            over.set()

    worker = threading.Thread(target=work)
    worker.start()
    verdicts = iter((each, verdict) for verdict in (GONE_BY, Verdict(Deed.SNOOZE)) * 50 for each in singles)
    while not over.wait(0.1):
        each, verdict = next(verdicts)
        at = time.perf_counter()
        with frozen(NOON), transaction(bea) as session:
            known = service.states(session, bea, [each])[each].seen
            service.decide(session, bea, each, verdict, seen=known)
        waits.append(time.perf_counter() - at)
    worker.join()
    took = time.perf_counter() - asked_at
    waits.sort()
    print(
        f"\n{world.url.split(':')[0]}: preview {previewed - began:.2f} s, asking {asked_at - previewed:.2f} s, "
        f"job {took:.1f} s; {len(waits)} verdicts of a second person meanwhile: median "
        f"{waits[len(waits) // 2] * 1000:.0f} ms, 95th {waits[int(len(waits) * 0.95)] * 1000:.0f} ms, "
        f"longest {waits[-1] * 1000:.0f} ms"
    )
    with transaction(world.ours, read_only=True) as session:
        done = bulk.progress(session, world.ours, "token-0001")
        began = time.perf_counter()
        assert len(service.approved(session, world.ours)) == MANY
        print(f"reading {MANY} approvals {time.perf_counter() - began:.2f} s")
    assert (done.applied, done.refusals) == (MANY, 0)
    assert len(waits) > 5
    assert waits[-1] < BOUND_S
