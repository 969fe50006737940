"""Reading a connection stream by stream onto the stage, in batches and constant memory; nothing takes effect here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.connector import Connector, StreamInfo
from connectors.http.failures import ApiFailure
from connectors.http.redact import Redactor
from connectors.records import Record, Removed
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.sync import failures, service
from rcx_app.domain.sync.repository import SyncRepository
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.domain.sync.schemas import Failure
from rcx_app.domain.sync.switch import below

BATCH = 500
Tell = Callable[[int, str], None]
"""(records read of the stream under way, what is being done); cheap, may raise to end the reading."""


@dataclass(slots=True)
class Read:
    """What was read. `complete`: whole streams; `changed`: streams read since a cursor; `cursors`: where they go on."""

    complete: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    cursors: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> set[str]:
        return {name for each in self.failures for name in each.streams}

    def said(self) -> str:
        """ "60 accounts, 1,912 seats"."""
        return ", ".join(STREAMS[name].counted(number) for name, number in self.counts.items())


class Reader:
    """Reads one connection for one run."""

    def __init__(
        self, context: Context, sync_run_id: int, connection_id: int, connector: Connector, redact: Redactor, tell: Tell
    ) -> None:
        self._context = context
        self._run_id = sync_run_id
        self._connection_id = connection_id
        self._connector = connector
        self._redact = redact
        self._tell = tell
        self.read = Read()

    def all(self, since: Mapping[str, str]) -> Read:
        """Read every stream, parents first. `since`: cursors; a stream without one is read whole.

        A stream that fails is noted, with those that can't be without it, and the others go on. Raises ApiFailure
        where the vendor refuses the sign-in.
        """
        streams = self._connector.streams()
        names = [info.name for info in streams]
        for info in streams:
            if info.name in self.read.failed | self.read.left_out:
                continue
            failure = self._one(info, since.get(info.name, ""))
            if failure is not None:
                lost = (info.name, *below(info.name, names))
                self.read.failures.append(failures.about(failure, *lost))
        return self.read

    def _one(self, info: StreamInfo, since: str) -> Failure | None:
        try:
            self._stream(info.name, since)
        except ApiFailure as failure:
            if failure.kind in failures.SIGN_IN:
                raise
            if failure.kind == "privilege_missing" and info.is_optional and not self._holds(info.name):
                self._leave_out(info)
                return None
            return failures.of_vendor(failure, self._redact)
        except Invalid as error:
            return failures.of_record(error, self._redact)
        except failures.FAULTS as error:
            return failures.of_fault(error, self._connector.about.id)
        return None

    def _stream(self, name: str, since: str) -> None:
        try:
            self._stage_all(name, since)
        except ApiFailure as failure:
            if failure.kind != "cursor_expired" or not since:
                raise
            with transaction(self._context) as session:
                SyncRepository(session, self._context).clear_stage(self._run_id, [name])
            self._stage_all(name, "")

    def _stage_all(self, name: str, since: str) -> None:
        done, noun = self.read.said(), STREAMS[name].plural
        note = f"{done}; reading {noun}" if done else f"Reading {noun}"
        reading = self._connector.read(name, since)
        batch: list[Record | Removed] = []
        count = 0
        try:
            self._tell(count, note)
            for record in reading:
                batch.append(record)
                count += 1
                # Told with every record, passed on by time: some vendors take minutes for what others send at once.
                self._tell(count, note)
                if len(batch) >= BATCH:
                    self._stage(name, batch)
                    batch = []
        finally:
            reading.close()
        if batch:
            self._stage(name, batch)
        self.read.counts[name] = count
        (self.read.complete if reading.is_full else self.read.changed).add(name)
        self.read.cursors[name] = reading.cursor

    def _stage(self, name: str, batch: list[Record | Removed]) -> None:
        with transaction(self._context) as session:
            service.stage(session, self._context, self._run_id, name, batch)

    def _holds(self, name: str) -> bool:
        with transaction(self._context, read_only=True) as session:
            return SyncRepository(session, self._context).holds(STREAMS[name], self._connection_id)

    def _leave_out(self, info: StreamInfo) -> None:
        names = (info.name, *below(info.name, [each.name for each in self._connector.streams()]))
        self.read.left_out |= set(names)
        said = ", ".join(STREAMS[name].plural for name in names)
        self._connector.wire.note(f"Not read, as the API user may not (“{info.needs}”): {said}.")
