"""Making notices of what happened: each deed once, whoever collects, however often, and after whatever interruption.

The trail's numbers and the runs' ids are given in the order in which transactions are committed. So a cursor over both,
moved on in the transaction that writes the notices, passes nothing over and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.notifications import events
from rcx_app.domain.notifications.events_repository import EventRepository
from rcx_app.domain.notifications.mornings import next_morning
from rcx_app.domain.notifications.readers import readers as all_readers
from rcx_app.domain.notifications.readers import row_of
from rcx_app.domain.notifications.repository import AllNotices, NoticeRepository
from rcx_app.domain.notifications.schemas import Event, Frequency, Reader
from rcx_app.models import Notice, ReconcileRun


def workspaces_behind(session: Session) -> list[int]:
    """Workspaces in which something happened since (needs a transaction without a workspace)."""
    return AllNotices(session).behind()


def collect(session: Session, context: Context) -> int:
    """Make notices of all that happened since the last time; returns how many."""
    repository, source = NoticeRepository(session, context), EventRepository(session, context)
    cursor = repository.cursor()
    number, last_run = source.end()
    if (number, last_run) <= (cursor.audit_number, cursor.run_id):
        return 0
    runs = {run.id: run for run in source.runs(cursor.run_id, last_run)}
    found = [*events.of_trail(source, cursor.audit_number, number), *events.of_runs(runs.values())]
    people = all_readers(repository) if found else []
    made = 0
    for event in sorted(found, key=lambda each: (each.at, each.key)):
        made += _tell(repository, source, event, events.readers_of(event, people), runs)
    cursor.audit_number, cursor.run_id = max(number, cursor.audit_number), max(last_run, cursor.run_id)
    session.flush()
    return made


def _tell(
    repository: NoticeRepository,
    source: EventRepository,
    event: Event,
    people: Sequence[Reader],
    runs: dict[int, ReconcileRun],
) -> int:
    """The event as notices of these people."""
    if event.run_id is None:
        return tell(repository, event, people)
    told, by_amount = 0, dict[Decimal, list[Reader]]()
    for each in people:
        by_amount.setdefault(each.choice.min_amount, []).append(each)
    for minimum, group in by_amount.items():
        said = events.new_findings(source, event, runs[event.run_id], minimum)
        told += tell(repository, said, group) if said is not None else 0
    return told


def tell(repository: NoticeRepository, event: Event, people: Sequence[Reader], *, by_digest: bool = True) -> int:
    """Write the event's notices for these people; `by_digest` False: a mail of its own tells it, or none does."""
    at = clock.now()
    _begin_digests(repository, people)
    rows = [
        Notice(
            workspace_id=repository.workspace_id,
            created_at=at,
            user_id=each.user_id,
            kind=event.kind.value,
            key=event.key,
            title=event.title,
            detail=event.detail,
            lines=list(event.lines),
            href=event.href,
            at=event.at,
            for_mail=by_digest and each.choice.frequency is not Frequency.OFF,
        )
        for each in people
    ]
    repository.add_notices(rows)
    return len(rows)


def _begin_digests(repository: NoticeRepository, people: Sequence[Reader]) -> None:
    """Whoever has something to be told and never chose gets the preset, with a first morning."""
    zone, rows = repository.workspace().time_zone, []
    for each in people:
        if repository.choice(each.user_id) is None:
            row = row_of(repository.workspace_id, each.user_id, each.choice)
            row.next_at = next_morning(clock.now(), each.choice.frequency, zone)
            rows.append(row)
    repository.keep_missing(rows)
