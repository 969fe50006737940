"""A person's verdict on one finding, what stands on it, and what is approved. Many at once are in `bulk`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.permissions import Permission, Role, may
from rcx_app.domain.audit import service as audit
from rcx_app.domain.review import checks, people
from rcx_app.domain.review.dates import day_of, effective_dates, newest
from rcx_app.domain.review.deeds import Desk, take_back
from rcx_app.domain.review.numbers import mark_of, numbers_of
from rcx_app.domain.review.past_repository import PastRepository
from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.domain.review.schemas import (
    Approved,
    Change,
    Decided,
    Deed,
    HistoryEntry,
    PastDecision,
    Person,
    ReviewState,
    Seen,
    Similar,
    Verdict,
)
from rcx_app.models import Finding, FindingReview, ReviewEvent

NEWEST = 5
CHANGES = 200
_TAGGED = 5000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")


def decide(
    session: Session, context: Context, finding_id: int, verdict: Verdict, *, seen: Seen | None = None, token: str = ""
) -> Decided:
    """Record one deed on one finding.

    `seen` is what `states` gave when the person looked: Conflict, saying who did what, where anything moved on since;
    comments and tags need none. `token` is made by the page for one click: a second one with it changes nothing.
    Raises NotFound where the finding is not ours, NotPermitted for viewers, Invalid where the verdict is not possible.
    """
    context.require(Permission.REVIEW)
    batch = checked_token(token) or new_token()[:16]
    repository = ReviewRepository(session, context)
    finding, review = lock(repository, [finding_id])[finding_id]
    desk = Desk(repository, [finding], batch)
    done = (
        next((each for each in repository.events_of(batch) if each.finding_id == finding_id), None) if token else None
    )
    event = done or _record(session, desk, finding, review, verdict, seen)
    _, unknown = people.mentioned(event.text, desk.members) if verdict.deed is Deed.COMMENT else ((), ())
    return Decided(
        batch=batch,
        finding_id=finding_id,
        seen=seen_of(finding, review),
        state=review.state,
        effective_date=review.effective_date,
        mentions=tuple(event.mentions),
        unknown=unknown,
    )


def _record(
    session: Session, desk: Desk, finding: Finding, review: FindingReview, verdict: Verdict, seen: Seen | None
) -> ReviewEvent:
    event = desk.apply(finding, review, verdict, seen)
    session.add(event)
    session.flush()
    detail = {
        "batch": desk.batch,
        "series": review.series,
        "numbers": numbers_of(finding),
        "before": event.before["state"],
        "after": review.state,
        "scope": review.scope,
        "lines": review.lines,
        "effective_date": review.effective_date.isoformat() if review.effective_date else "",
    }
    audit.record(
        session, desk.repository.context, f"finding:verdict:{verdict.deed.value}", "finding", finding.id, detail
    )
    return event


def lock(repository: ReviewRepository, finding_ids: Sequence[int]) -> dict[int, tuple[Finding, FindingReview]]:
    """Findings with what stands on them, locked: findings first, both in one order. NotFound where any is not ours."""
    findings = repository.findings(finding_ids, lock=True)
    series = {each.series for each in findings.values()}
    missing = series - set(repository.reviews(series))
    repository.make_reviews(missing)
    reviews = repository.reviews(series, lock=True)
    return {finding_id: (each, reviews[each.series]) for finding_id, each in findings.items()}


def undo(session: Session, context: Context, batch: str = "") -> tuple[int, ...]:
    """Take back this person's newest deed, or the one named by `batch`; the findings it was done on. All or nothing.

    What was done as a job is taken back by `bulk.undo`. Raises Invalid where there is nothing to take back, Conflict
    where a finding was decided anew since, or its numbers moved.
    """
    context.require(Permission.REVIEW)
    repository = ReviewRepository(session, context)
    chosen = batch or repository.last_batch()
    events = repository.events_of(chosen) if chosen else []
    if not events:
        raise Invalid("There is nothing to undo.")
    locked = lock(repository, [event.finding_id for event in events])
    newest_ids = repository.newest_of([event.review_id for event in events])
    desk = Desk(repository, (), chosen)
    for event in events:
        finding, review = locked[event.finding_id]
        if event.deed == Deed.COMMENT:
            event.undone_at = desk.at
            continue
        session.add(take_back(desk, finding, review, event, newest_ids[event.review_id, event.deed == Deed.TAG]))
    session.flush()
    ids = tuple(sorted(locked))
    audit.record(session, context, "finding:verdict:undo", detail={"batch": chosen, "findings": list(ids)})
    return ids


def states(session: Session, context: Context, finding_ids: Sequence[int]) -> dict[int, ReviewState]:
    """What stands on each finding, for a list (without dates and jumps). Raises NotFound."""
    context.require(Permission.READ)
    repository = ReviewRepository(session, context)
    findings = repository.findings(finding_ids)
    reviews = repository.reviews(each.series for each in findings.values())
    names = {user_id: name for user_id, name, _, _ in repository.members()}
    return {key: _state(each, reviews.get(each.series), names) for key, each in findings.items()}


def state(session: Session, context: Context, finding_id: int) -> ReviewState:
    """What stands on one finding, from when its change may hold, and where it is put right. Raises NotFound."""
    found = states(session, context, [finding_id])[finding_id]
    repository = PastRepository(session, context)
    finding = repository.findings([finding_id])[finding_id]
    dates = None
    if finding.scope == "group":
        today = day_of(repository.time_zone())
        invoiced = newest(repository.invoiced_on(finding.line_ids), finding.line_ids)
        dates = effective_dates(today, invoiced, repository.psa_vendor(finding.line_id))
    return replace(found, dates=dates, jump=repository.jump(finding, found.state), refusal=_refusal(finding))


def _refusal(finding: Finding) -> str:
    try:
        checks.check_approvable(finding)
    except RcxError as error:
        return f"{error.message} {error.remedy}".strip()
    return ""


def _state(finding: Finding, review: FindingReview | None, names: Mapping[int, str]) -> ReviewState:
    kept = review or FindingReview(workspace_id=finding.workspace_id, series=finding.series)
    return ReviewState(
        finding_id=finding.id,
        seen=seen_of(finding, kept),
        state=finding.state,
        scope=kept.scope,
        reason=kept.reason,
        effective_date=kept.effective_date,
        snoozed_until=kept.snoozed_until,
        assignee_id=kept.assignee_id,
        assignee=names.get(kept.assignee_id or 0, ""),
        tags=tuple(kept.tags),
        split=tuple((each["line_id"], Decimal(each["change"])) for each in kept.split),
        returned=f"returned: {kept.returned}" if kept.returned else "",
        decided_by=names.get(kept.decided_by or 0, ""),
        decided_at=kept.decided_at,
        dates=None,
        jump=None,
    )


def seen_of(finding: Finding, review: FindingReview | None) -> Seen:
    """What a person sees of a finding, to be given back with a verdict."""
    return Seen(review.version if review else 0, mark_of(numbers_of(finding)))


def approved(session: Session, context: Context, *, connection_id: int | None = None) -> tuple[Approved, ...]:
    """The lines that approvals in force change, of all PSA connections or one, by client and line.

    Only what stands in the period of the last run and on the numbers it was approved on. Old quantities are those of
    the approval: whoever writes reads the line again first.
    """
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    found = []
    for row in repository.approved(repository.period()):
        if row.numbers == numbers_of(row):
            found += [(row, each) for each in row.lines]
    places = repository.line_places(each["line_id"] for _, each in found)
    made = [
        Approved(
            finding_id=row.id,
            line_id=each["line_id"],
            connection_id=places[each["line_id"]][0],
            client_id=places[each["line_id"]][1],
            client=row.client_name,
            product=row.product_name or row.product_code,
            old_quantity=Decimal(each["old"]),
            new_quantity=Decimal(each["new"]),
            effective_date=row.effective_date,
            approved_by=row.decided_by,
            approved_at=row.decided_at,
            version=row.version,
            is_ready=row.is_ready,
        )
        for row, each in found
        if each["line_id"] in places and row.effective_date is not None and row.decided_at is not None
    ]
    ours = [each for each in made if connection_id is None or each.connection_id == connection_id]
    return tuple(sorted(ours, key=lambda each: (each.client, each.client_id, each.line_id)))


def people_here(session: Session, context: Context) -> tuple[Person, ...]:
    """The members of the workspace by name: who can be mentioned, and of them who can be given a finding."""
    context.require(Permission.READ)
    members = ReviewRepository(session, context).members()
    found = [
        Person(user_id, name, may(Role(role), Permission.REVIEW), may(Role(role), Permission.APPROVE))
        for user_id, name, _, role in members
    ]
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.user_id)))


def tags_in_use(session: Session, context: Context) -> tuple[str, ...]:
    """The tags that findings bear, most used first."""
    context.require(Permission.READ)
    counted = Counter(tag for tags in PastRepository(session, context).tags(_TAGGED) for tag in tags)
    return tuple(tag for tag, _ in counted.most_common())


def newest_event(session: Session, context: Context) -> int:
    """Where `changes` begins for who has just read everything."""
    context.require(Permission.READ)
    return PastRepository(session, context).newest_event()


def changes(session: Session, context: Context, since: int) -> tuple[Change, ...]:
    """What was done on findings after the deed `since`, oldest first, at most `CHANGES` of them. Cheap: asked often."""
    context.require(Permission.READ)
    return tuple(
        Change(event_id, finding_id, user_id, name or "RCX", deed, after["state"])
        for event_id, finding_id, user_id, name, deed, after in PastRepository(session, context).changes_since(
            since, CHANGES
        )
    )


def history(session: Session, context: Context, finding_id: int) -> tuple[HistoryEntry, ...]:
    """All that was ever done on the finding's series, newest first (at most 200). Raises NotFound."""
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    finding = repository.findings([finding_id])[finding_id]
    return tuple(
        HistoryEntry(
            event_id=event.id,
            at=event.created_at,
            user_name=name or "RCX",
            deed=event.deed,
            text=event.text,
            state=event.after["state"],
            effective_date=_day(event.after["effective_date"]),
            delta=event.delta,
            batch=event.batch,
            mentions=tuple(event.mentions),
            is_undone=event.undone_at is not None,
        )
        for event, name in repository.events(finding.series)
    )


def similar(session: Session, context: Context, finding_id: int) -> Similar:
    """Past decisions on the same series, on the same client and product, and under the same rule. Raises NotFound."""
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    finding = repository.findings([finding_id])[finding_id]
    counts, seen = {}, set()
    rows: list[PastDecision] = []
    for basis, condition in repository.bases(finding):
        counts[basis] = repository.past_counts(condition)
        for event, name, client, product in repository.past(condition, NEWEST):
            if event.id not in seen:
                seen.add(event.id)
                decision = PastDecision(
                    event.created_at, name or "RCX", event.deed, event.text, event.delta, client, product, basis
                )
                rows.append(decision)
    rows.sort(key=lambda each: each.at, reverse=True)
    return Similar(counts, tuple(rows[:NEWEST]))


def checked_token(token: str) -> str:
    """A page's token as it is. Raises Invalid where it is none."""
    if token and not _TOKEN.fullmatch(token):
        raise Invalid("This page's request is broken.", remedy="Open the page anew.")
    return token


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
