"""Loading a fresh connection in one go, without a stage: for `rcx reconcile` on its temporary database, and benches."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from connectors.records import Record, Sku
from rcx_app.core.clock import now
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.sync import service, switch
from rcx_app.domain.sync.rows import STREAMS, StagedRow, Stream, stage_row, stream_of
from rcx_app.domain.sync.schemas import StreamCounts, SyncResult
from rcx_app.domain.sync.switching import SwitchRepository

_BATCH = 20_000


def load(session: Session, context: Context, connection_id: int, records: Iterable[Record]) -> SyncResult:
    """Load `records` of any kinds, in any order, into an empty connection (Conflict otherwise).

    A record that comes twice must be equal both times, else Invalid names it; so does a reference to an unknown
    parent. SKUs are passed over: seats carry them. Ends as a full sync would: mappings of accounts, a finished run,
    a healthy connection.
    """
    repository = SwitchRepository(session, context)
    connection = repository.connection(connection_id)
    if not repository.is_empty(connection.id):
        raise Conflict("This connection already holds data.", remedy="Stage and switch instead.")
    run_id = service.begin(session, context, connection.id)
    if repository.dialect != "sqlite":
        return _through_the_stage(session, context, run_id, records)
    load = _Load(repository, connection.id)
    for record in records:
        if not isinstance(record, Sku):
            load.take(record)
    load.finish()
    repository.add_mappings(connection.id, now())
    switch.conclude(connection, repository.run(run_id), load.counts)
    session.flush()
    return SyncResult(run_id, connection.id, load.counts)


def _kind(record: Record) -> Stream:
    stream = stream_of(record)
    if stream is None:
        raise Invalid(f"Records of the kind {type(record).__name__} can't be stored.")
    return stream


class _Load:
    """Buffers by stream; a full buffer is inserted after those of its parents. Children of unknown parents wait."""

    def __init__(self, repository: SwitchRepository, connection_id: int) -> None:
        self._repository = repository
        self._connection_id = connection_id
        self._at = now()
        self._buffers: dict[str, list[StagedRow]] = {name: [] for name in STREAMS}
        self._ids: dict[str, dict[str, int]] = {name: {} for name in STREAMS}
        self._added: dict[str, int] = {}

    @property
    def counts(self) -> dict[str, StreamCounts]:
        return {
            name: StreamCounts(read=self._added[name], added=self._added[name])
            for name in STREAMS
            if name in self._added
        }

    def take(self, record: Record) -> None:
        stream = _kind(record)
        buffer = self._buffers[stream.name]
        buffer.append(stage_row(stream, record))
        if len(buffer) % _BATCH == 0:
            self._flush(stream)

    def finish(self) -> None:
        for stream in STREAMS.values():
            self._flush(stream)
            waiting = self._buffers[stream.name]
            if waiting:
                raise switch.unknown_parents(stream, self._orphans(stream, waiting))
            self._repository.link(self._connection_id, stream, self._at)

    def _flush(self, stream: Stream) -> None:
        for parent in stream.references:
            self._flush(STREAMS[parent.stream])
        rows = self._buffers[stream.name]
        if not rows:
            return
        ready = [row for row in rows if self._is_ready(stream, row)] if stream.parents else rows
        self._buffers[stream.name] = [row for row in rows if not self._is_ready(stream, row)] if stream.parents else []
        if not ready:
            return
        parents = {parent.column: self._ids[parent.stream] for parent in stream.references}
        added = self._repository.insert_directly(self._connection_id, stream, ready, self._at, parents)
        if added < len(ready):
            self._refuse_unequal(stream, ready)
        self._added[stream.name] = self._added.get(stream.name, 0) + added
        if any(parent.stream == stream.name for each in STREAMS.values() for parent in each.references):
            self._ids[stream.name] = self._repository.ids(stream, self._connection_id)

    def _is_ready(self, stream: Stream, row: StagedRow) -> bool:
        return all(row.values[parent.key] in self._ids[parent.stream] for parent in stream.parents)

    def _orphans(self, stream: Stream, rows: Iterable[StagedRow]) -> list[tuple[str, str, str]]:
        return [
            (row.external_id, parent.stream, row.values[parent.key])
            for row in rows
            for parent in stream.parents
            if row.values[parent.key] not in self._ids[parent.stream]
        ]

    def _refuse_unequal(self, stream: Stream, rows: list[StagedRow]) -> None:
        """Rows that were there already: fine where they say the same, else it is unclear which one counts."""
        stored = self._repository.hashes(stream, self._connection_id, [row.external_id for row in rows])
        unequal = [row.external_id for row in rows if stored[row.external_id] != row.content_hash]
        if unequal:
            raise Invalid(
                f"The {stream.noun} {unequal[0]} occurs more than once, with different content.",
                remedy="Keep one of them, or give them different ids.",
                problems=[f"{stream.noun.capitalize()} {each} occurs more than once." for each in unequal[:20]],
            )


def _through_the_stage(session: Session, context: Context, run_id: int, records: Iterable[Record]) -> SyncResult:
    buffers: dict[str, list[Record]] = {}
    streams: set[str] = set()
    for record in records:
        if isinstance(record, Sku):
            continue
        name = _kind(record).name
        streams.add(name)
        buffer = buffers.setdefault(name, [])
        buffer.append(record)
        if len(buffer) >= _BATCH:
            service.stage(session, context, run_id, name, buffers.pop(name))
    for name, rest in buffers.items():
        service.stage(session, context, run_id, name, rest)
    return service.switch(session, context, run_id, complete_streams=streams)
