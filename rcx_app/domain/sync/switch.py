"""The switch: what a run has staged takes effect, stream by stream, in one transaction; or nothing of it does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core.clock import now
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.sync.falls import service as falls
from rcx_app.domain.sync.rows import STREAMS, Stream, stream_named
from rcx_app.domain.sync.schemas import Failure, StreamCounts, SyncResult
from rcx_app.domain.sync.switching import SwitchRepository
from rcx_app.models import Connection, SyncRun

_SHOWN_PROBLEMS = 20


def switch(
    session: Session,
    context: Context,
    sync_run_id: int,
    *,
    complete_streams: Collection[str],
    changed_streams: Collection[str] = (),
    failed_streams: Collection[str] = (),
    failures: Sequence[Failure] = (),
    within_parents: bool = False,
    keep_parents: bool = False,
    apart: bool = False,
) -> SyncResult:
    """Put what is staged into force, in the caller's transaction: rows, mappings of new accounts, run, connection.

    A stream in `complete_streams` was read to its end, so what it no longer holds is marked as removed; in any other
    stream only what was staged as gone is. `changed_streams` were read to their end too, but only what changed.
    The streams of `failures` (or `failed_streams`, where nothing more is known) are left as they were, with what their
    rows refer to, and make the connection `partial`.
    `within_parents`: children are removed only below parents that were read (a file that holds one account of many).
    `keep_parents`: what rows of streams that were not read still refer to is not removed (a list of clients alone);
    otherwise those rows go with it.
    `apart`: records whose parent is not in force are left out; a stream that consists of them fails by itself.
    Raises Invalid naming such records otherwise, and Conflict where the run has ended or another run changed the same
    rows since they were staged. After an error roll back and call `fail`.
    """
    repository = SwitchRepository(session, context)
    run = repository.running(sync_run_id, lock=True)
    connection = repository.connection(run.connection_id, lock=True)
    failed = {stream_named(name).name for each in failures for name in each.streams} | set(failed_streams)
    complete = {stream_named(name).name for name in complete_streams} - failed
    plan = _Plan(now(), complete=complete, changed=set(changed_streams) - failed, failed=failed, failures=[*failures])
    repository.clear_stage(run.id, plan.failed)
    before = falls.counts(session, context, connection.id)
    with repository.set_operations():
        if apart:
            _set_apart(repository, run, plan)
        _put_into_force(repository, run, plan, within=within_parents, keep_parents=keep_parents)
        repository.add_mappings(connection.id, plan.at)
    if "lines" in plan.counts:
        repository.add_line_history(connection.id, plan.at)
    plan.unsure |= {each for each in plan.changed if repository.is_held_back(run, STREAMS[each])}
    repository.clear_stage(run.id)
    if any(each.added or each.changed or each.removed for each in plan.counts.values()):
        falls.note(session, context, run, before)
    conclude(connection, run, plan.counts, plan.failed, plan.failures)
    session.flush()
    alerts_history.note(session, context, connection)
    return SyncResult(
        run.id,
        connection.id,
        plan.counts,
        failures=tuple(plan.failures),
        unsure=frozenset(plan.unsure),
        stale=frozenset(plan.stale),
        remarks=tuple(plan.remarks),
        at=plan.at,
    )


@dataclass(slots=True)
class _Plan:
    """Which streams take effect and how, and what came of it. `at` is when: all that changes bears this one time."""

    at: datetime
    complete: set[str]
    changed: set[str]
    failed: set[str]
    failures: list[Failure]
    counts: dict[str, StreamCounts] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def fail(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.failed |= set(failure.streams)
        self.complete -= self.failed
        self.changed -= self.failed

    def kept(self, *, keep_parents: bool) -> list[Stream]:
        """Streams whose rows stay, so that what they refer to stays as well."""
        above = set(self.failed)
        for stream in reversed(STREAMS.values()):
            if stream.name in above:
                above |= {parent.stream for parent in stream.parents}
        return [
            each
            for name, each in STREAMS.items()
            if name in above or (keep_parents and name not in self.complete | self.changed)
        ]


def _set_apart(repository: SwitchRepository, run: SyncRun, plan: _Plan) -> None:
    """Before anything is written, leave out records of unknown parents: nothing could be said of them.

    Where they are most of a stream that was read whole, not they are wrong but what was read: the stream fails, with
    those below it.
    """
    for name, stream in STREAMS.items():
        strays = repository.strays(run, stream, plan.complete) if name in plan.complete | plan.changed else []
        if not strays:
            continue
        read = repository.staged(run.id)[name]
        first = strays[0]
        parent = STREAMS[first.parent_stream].noun
        if name in plan.complete and len(strays) * 2 > read:
            streams = (name, *below(name, plan.complete | plan.changed))
            message = (
                f"{len(strays):,} of {read:,} {stream.plural} belong to an unknown {parent}: "
                f"{first.external_id} to {first.parent or '(none)'}, for one."
            )
            remedy = "It is read again next time. If this stays, tell support."
            plan.fail(Failure(kind="unknown_parent", whose="vendor", message=message, remedy=remedy, streams=streams))
            repository.clear_stage(run.id, streams)
            continue
        repository.leave_out(strays)
        plan.unsure |= {name} & plan.changed
        plan.remarks.append(
            f"Left out: {len(strays):,} of {read:,} {stream.plural}, whose {parent} was not read "
            f"({first.external_id} of {first.parent or '(none)'})."
        )


def below(name: str, among: Collection[str]) -> tuple[str, ...]:
    """The streams of `among` whose rows can't be without one of stream `name`."""
    found = {name}
    for each, stream in STREAMS.items():
        if any(parent.stream in found for parent in stream.parents):
            found.add(each)
    return tuple(each for each in STREAMS if each in found and each != name and each in among)


def _put_into_force(
    repository: SwitchRepository, run: SyncRun, plan: _Plan, *, within: bool, keep_parents: bool
) -> None:
    staged, kept = repository.staged(run.id), plan.kept(keep_parents=keep_parents)
    for name, stream in STREAMS.items():
        if name in plan.failed or not (name in plan.complete or name in plan.changed or name in staged):
            continue
        counts = _switch_stream(repository, run, stream, staged.get(name, 0), plan.at)
        if name in plan.complete:
            gone = repository.remove_missing(run, stream, plan.at, within=within, unless_under=kept)
        else:
            gone = repository.remove_gone(run, stream, plan.at, unless_under=kept)
        plan.counts[name] = replace(counts, removed=gone)
        if counts.added:
            # A stream that reads changes only does not bring what stands under a row that is new or back to us.
            plan.stale |= {*below(name, STREAMS)} - plan.complete
    _remove_below(repository, run, plan)
    _link(repository, run, plan)


def _switch_stream(repository: SwitchRepository, run: SyncRun, stream: Stream, read: int, at: datetime) -> StreamCounts:
    if repository.moved_on(run, stream):
        raise Conflict("Another import changed the same records in the meantime.", remedy="Start this one again.")
    unknown = repository.unknown_parents(run, stream) + repository.orphans(run, stream)
    if unknown:
        raise unknown_parents(stream, unknown)
    changed, returned = repository.update_changed(run, stream, at)
    added = repository.insert_new(run, stream, at)
    return StreamCounts(read, added + returned, changed, read - added - returned - changed)


def _remove_below(repository: SwitchRepository, run: SyncRun, plan: _Plan) -> None:
    """What stands under a removed parent goes with it, also where its own stream was not read."""
    counts = plan.counts
    for name, stream in STREAMS.items():
        if name in plan.complete or not any(counts[p.stream].removed for p in stream.parents if p.stream in counts):
            continue
        gone = repository.remove_below(run.connection_id, stream, plan.at)
        if gone:
            before = counts.get(name, StreamCounts())
            counts[name] = replace(before, removed=before.removed + gone)


def _link(repository: SwitchRepository, run: SyncRun, plan: _Plan) -> None:
    """Rows that waited for the row they name get it, also where they were not read."""
    for name, stream in STREAMS.items():
        if any(each.stream in plan.counts for each in stream.links):
            linked = repository.link(run.connection_id, stream, plan.at)
            if linked:
                before = plan.counts.get(name, StreamCounts())
                unchanged = max(before.unchanged - linked, 0)
                plan.counts[name] = replace(before, changed=before.changed + linked, unchanged=unchanged)


def unknown_parents(stream: Stream, unknown: list[tuple[str, str, str]]) -> Invalid:
    """The error for records of `stream` given as (external id, parent stream, parent's external id)."""
    problems = [
        f"{stream.noun.capitalize()} {child} refers to {STREAMS[parent].noun} {name or '(none)'}, which was not read."
        for child, parent, name in unknown[:_SHOWN_PROBLEMS]
    ]
    return Invalid(
        problems[0] if len(problems) == 1 else f"{problems[0]} ({len(problems)} or more such records.)",
        remedy="Import them together, or correct the reference.",
        problems=problems,
    )


def conclude(
    connection: Connection,
    run: SyncRun,
    counts: Mapping[str, StreamCounts],
    failed_streams: Collection[str] = (),
    failures: Sequence[Failure] = (),
) -> None:
    """Mark a run as done and its connection as healthy (both partial where streams failed)."""
    run.state, run.finished_at = "partial" if failed_streams else "done", now()
    run.counts = {name: each.as_dict() for name, each in counts.items()}
    run.failures = [each.as_note() for each in failures]
    run.retry_at = retry_at(failures)
    if failed_streams:
        names = [STREAMS[name].plural for name in STREAMS if name in failed_streams]
        said = f" {failures[0].message}" if failures else ""
        run.error = f"Not brought up to date: {', '.join(names)}.{said}"
        connection.state, connection.last_error = "partial", run.error
        connection.last_failure = next((each.as_note() for each in failures), {})
        return
    connection.state, connection.last_error, connection.last_failure = "ok", "", {}
    connection.last_complete_at = now()


def retry_at(failures: Iterable[Failure]) -> datetime | None:
    """When the vendor allows another try, as far as it said so."""
    waits = [each.retry_after_s for each in failures if each.retry_after_s is not None]
    return now() + timedelta(seconds=max(waits)) if waits else None
