"""One deed on many findings: previewed, asked for once, worked off piece by piece, and taken back as one.

What a filter leaves is frozen when it is asked for, exactly as it was previewed. Many findings are a job, so that
nobody else waits for it: each piece is a short transaction of its own, and a worker that dies goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import OPEN
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review import checks, people
from rcx_app.domain.review.bulk_repository import BulkRepository
from rcx_app.domain.review.dates import checked_date, checked_until, day_of, effective_dates
from rcx_app.domain.review.deeds import Desk, take_back
from rcx_app.domain.review.numbers import mark_of, numbers_of
from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.domain.review.schemas import (
    Bulk,
    BulkPreview,
    CurrencySum,
    Deed,
    Frozen,
    LeftOut,
    Refusal,
    Seen,
    TakenBack,
    Verdict,
)
from rcx_app.domain.review.service import checked_token, lock
from rcx_app.domain.review.service import undo as undo_one
from rcx_app.models import ReviewBatch

KIND = "review.apply"
BULK_LIMIT = 20_000
AT_ONCE = 100
"""So many are worked off in the transaction that asks; more are a job."""
PIECE, LEAST, LOCKED_S = 50, 5, 0.1
"""A piece of a job holds so many findings at most: as many as are worked off in `LOCKED_S`, but never under `LEAST`."""
PAUSE_S = 0.12
"""Between two pieces: SQLite's waiting writers look again every 100 ms at the latest, and must find the lock free."""
_REFUSED_KEPT = 50

Chosen = FindingFilters | Sequence[int]


def preview(session: Session, context: Context, chosen: Chosen, deed: Deed) -> BulkPreview:
    """What a deed on a filter of the queue, or on these findings, would touch. Raises NotFound for ids not ours."""
    context.require(Permission.READ)
    rows = _rows(session, context, chosen)
    fitting = []
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    for row in rows:
        if reason := _why_not(row, deed):
            reasons[reason] += 1
        else:
            fitting.append(row)
            sums[row.currency, row.direction].append(row.sort_amount)
    return BulkPreview(
        count=len(fitting),
        left_out=len(rows) - len(fitting),
        sums=tuple(
            CurrencySum(currency, len(amounts), sum(amounts, Decimal(0)), direction)
            for (currency, direction), amounts in sorted(sums.items())
        ),
        seen=_digest(_items(fitting)),
        reasons=tuple(LeftOut(reason, number) for reason, number in reasons.most_common()),
    )


def decide_many(session: Session, context: Context, chosen: Chosen, verdict: Verdict, *, seen: str, token: str) -> Bulk:
    """Do one deed on exactly what a preview showed; `seen` is the preview's, `token` the page's for this one click.

    Up to `AT_ONCE` findings are decided at once, more by a job. A second call with the same token changes nothing.
    A finding that refuses it (its date is billed already, somebody decided since) is passed over and told.
    Raises Conflict where the list is not the one previewed, Invalid where the verdict makes no sense at all.
    """
    context.require(Permission.REVIEW)
    repository = _checked(session, context, token)
    if earlier := repository.batch(token):
        return _shown(earlier)
    return ask(session, context, freeze(session, context, chosen, verdict, seen=seen), token=token)


def freeze(session: Session, context: Context, chosen: Chosen, verdict: Verdict, *, seen: str) -> Frozen:
    """The first half of `decide_many`, which only reads: what was previewed, as it stands. `ask` is the other half.

    Apart, since reading many findings takes long and nobody shall wait for it who wants to write. Raises as it does.
    """
    context.require(Permission.READ)
    _check(ReviewRepository(session, context), verdict)
    items = _items([row for row in _rows(session, context, chosen) if not _why_not(row, verdict.deed)])
    if _digest(items) != seen:
        raise Conflict("The list has changed since the preview.", remedy="Look at the new preview and decide again.")
    if not items:
        raise Invalid("There is nothing that this could be done on.", remedy="Choose other findings.")
    if len(items) > BULK_LIMIT:
        raise Invalid(f"At most {BULK_LIMIT:,} findings can be decided at once.", remedy="Narrow the list by a filter.")
    return Frozen(verdict, tuple((each[0], each[1], each[2]) for each in items))


def ask(session: Session, context: Context, frozen: Frozen, *, token: str) -> Bulk:
    """Do what was frozen, once a token: whatever moved on since is passed over and told, finding by finding."""
    context.require(Permission.REVIEW)
    repository = _checked(session, context, token)
    if earlier := repository.batch(token):
        return _shown(earlier)
    items = [list(each) for each in frozen.items]
    batch = ReviewBatch(token=token, verdict=frozen.verdict.as_json(), items=items, total=len(items), **_by(context))
    return _begin(repository, batch)


def undo(session: Session, context: Context, batch: str, *, token: str) -> Bulk:
    """Take back all that this person did as `batch`, but what was decided anew since; that is passed over and told.

    Raises Invalid where there is nothing to take back, Conflict while it is still being applied.
    """
    context.require(Permission.REVIEW)
    repository = _checked(session, context, token)
    if earlier := repository.batch(token):
        return _shown(earlier)
    undone = repository.batch(batch)
    if undone is not None and BulkRepository(session, context).job_state(undone.job_id) in OPEN:
        raise Conflict("This is still being applied.", remedy="Cancel it, or wait until it has ended.")
    events = [each for each in repository.events_of(batch) if each.deed != Deed.COMMENT] if batch else []
    if not events:
        raise Invalid("There is nothing to undo.")
    items = [[event.finding_id, event.id, ""] for event in events]
    made = ReviewBatch(token=token, undoes=batch, items=items, total=len(items), **_by(context))
    return _begin(repository, made)


def undo_newest(session: Session, context: Context, batch: str, *, token: str) -> TakenBack:
    """Undo `batch`, or this person's newest deed where it is empty, whether it was done on one finding or on many.

    Raises as `undo` and `service.undo` do.
    """
    context.require(Permission.REVIEW)
    repository = ReviewRepository(session, context)
    chosen = batch or repository.last_batch()
    if chosen and repository.batch(chosen) is not None:
        return TakenBack(many=undo(session, context, chosen, token=token))
    return TakenBack(undo_one(session, context, chosen))


def progress(session: Session, context: Context, batch: str) -> Bulk:
    """How far this person's deed on many is. Raises Invalid where there is none of that name."""
    found = ReviewRepository(session, context).batch(batch)
    if found is None:
        raise Invalid("There is no such deed.", remedy="Open the page anew.")
    is_running = BulkRepository(session, context).job_state(found.job_id) in OPEN
    return replace(_shown(found), is_over=found.done >= found.total or not is_running)


def run(job: JobHandle) -> dict[str, Any]:
    """The work of a `review.apply` job: piece by piece, the last one together with the job's end."""
    size = PIECE
    while True:
        with transaction(job.context) as session:
            began = time.monotonic()
            shown = _work_off(session, job.context, job.args["token"], size)
            result = {"applied": shown.applied, "refused": shown.refusals, "batch": shown.batch}
            if shown.is_done:
                job.finish(session, result)
                return result
        fitting = int(size * LOCKED_S / max(time.monotonic() - began, 0.001))
        size = min(PIECE, max(LEAST, fitting))
        job.progress(shown.done, shown.total, "Deciding on findings")
        time.sleep(PAUSE_S)


def _checked(session: Session, context: Context, token: str) -> ReviewRepository:
    if not checked_token(token):
        raise Invalid("This page's request is broken.", remedy="Open the page anew.")
    repository = ReviewRepository(session, context)
    repository.wait_for_turn()
    return repository


def _begin(repository: ReviewRepository, batch: ReviewBatch) -> Bulk:
    repository.add(batch)
    if batch.total <= AT_ONCE:
        return _work_off(repository.session, repository.context, batch.token)
    batch.job_id = jobs.enqueue(repository.session, repository.context, KIND, {"token": batch.token})
    repository.session.flush()
    return _shown(batch)


def _work_off(session: Session, context: Context, token: str, size: int = AT_ONCE) -> Bulk:
    """Decide on the next piece of a batch, in the caller's transaction."""
    repository = ReviewRepository(session, context)
    repository.wait_for_turn()
    batch = repository.batch(token, lock=True)
    if batch is None:
        raise Invalid("There is no such deed.")
    items = batch.items[batch.done : batch.done + size]
    if items:
        done, refused = (_take_back if batch.undoes else _apply)(repository, batch, items)
        deed = "undo" if batch.undoes else batch.verdict["deed"]
        if done:
            detail = {"batch": token, "undoes": batch.undoes, "verdict": batch.verdict, "findings": done}
            audit.record(session, context, f"finding:verdict:{deed}", "review_batch", batch.id, detail)
        batch.done += len(items)
        batch.applied += len(done)
        batch.refusals += len(refused)
        batch.refused = [*batch.refused, *refused][:_REFUSED_KEPT]
        session.flush()
    return _shown(batch)


Outcome = tuple[list[int], list[dict[str, Any]]]


def _apply(repository: ReviewRepository, batch: ReviewBatch, items: Sequence[Any]) -> Outcome:
    verdict = Verdict.from_json(batch.verdict)
    locked = lock(repository, [each[0] for each in items])
    desk = Desk(repository, [finding for finding, _ in locked.values()], batch.token)
    done, refused = [], []
    for finding_id, version, mark in items:
        finding, review = locked[finding_id]
        try:
            repository.session.add(desk.apply(finding, review, verdict, Seen(version, mark)))
            done.append(finding_id)
        except RcxError as error:
            refused.append({"finding_id": finding_id, "message": error.message})
    repository.session.flush()
    return done, refused


def _take_back(repository: ReviewRepository, batch: ReviewBatch, items: Sequence[Any]) -> Outcome:
    locked = lock(repository, [each[0] for each in items])
    events = BulkRepository(repository.session, repository.context).events([each[1] for each in items])
    newest = repository.newest_of([review.id for _, review in locked.values()])
    desk = Desk(repository, (), batch.token)
    done, refused = [], []
    for finding_id, event_id, _ in items:
        finding, review = locked[finding_id]
        event = events[event_id]
        try:
            newest_id = newest.get((review.id, event.deed == Deed.TAG), 0)
            repository.session.add(take_back(desk, finding, review, event, newest_id))
            done.append(finding_id)
        except RcxError as error:
            refused.append({"finding_id": finding_id, "message": error.message})
    repository.session.flush()
    return done, refused


def _check(repository: ReviewRepository, verdict: Verdict) -> None:
    """What would be refused on every finding alike is refused at once."""
    if verdict.deed is Deed.SPLIT:
        raise Invalid("A difference is split finding by finding.", remedy="Open the finding.")
    checks.checked_text(verdict)
    checks.checked_scope(verdict)
    checks.checked_tags((), verdict)
    today = day_of(repository.time_zone())
    if verdict.deed is Deed.APPROVE:
        checked_date(verdict.effective_date, effective_dates(today, ()), today)
    if verdict.deed is Deed.SNOOZE:
        checked_until(verdict.until, today)
    people.checked_assignee(verdict.assignee_id, repository.members())


def _rows(session: Session, context: Context, chosen: Chosen) -> list[Any]:
    period = ReviewRepository(session, context).period()
    repository = BulkRepository(session, context)
    if isinstance(chosen, FindingFilters):
        return repository.filtered(period, chosen)
    return repository.selected(period, chosen)


def _why_not(row: Any, deed: Deed) -> str:
    """Why a deed can't be done on a finding; empty where it can."""
    if deed is Deed.APPROVE:
        if row.scope != "group" or row.line_id is None or not row.delta:
            return "has no line whose quantity could change"
        if not row.is_ready:
            return "is not ready: its sources have not been read completely"
    if deed is Deed.REOPEN and row.state == "open":
        return "is open already"
    return ""


def _items(rows: Sequence[Any]) -> list[list[Any]]:
    return [[row.id, row.version or 0, mark_of(numbers_of(row))] for row in rows]


def _digest(items: Sequence[Any]) -> str:
    return hashlib.blake2b(json.dumps(items).encode(), digest_size=16).hexdigest()


def _by(context: Context) -> dict[str, Any]:
    return {"workspace_id": context.workspace_id, "user_id": context.user_id}


def _shown(batch: ReviewBatch) -> Bulk:
    return Bulk(
        batch=batch.token,
        total=batch.total,
        done=batch.done,
        applied=batch.applied,
        refusals=batch.refusals,
        refused=tuple(Refusal(each["finding_id"], each["message"]) for each in batch.refused),
        job_id=batch.job_id,
        is_over=batch.done >= batch.total,
    )
