"""SQL of the sync slice: runs, the stage, and the direct path. What puts a stage into force is in `switching`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlmodel import Session, col

from rcx_app.core.clock import now
from rcx_app.core.db import rows_met
from rcx_app.core.errors import Conflict
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.domain.sync.rows import GONE, STREAMS, StagedRow, Stream
from rcx_app.models import Connection, JobRun, StagedRecord, SyncRun
from rcx_app.models.base import sql_table

STAGE: Table = sql_table(StagedRecord)
_CHUNK = 5000
_ENDED = ("done", "failed", "cancelled")
# An unchanged record is staged without its content: there is nothing to write.
_UNCHANGED = "{}"

_STAGE_SQLITE = text(
    "INSERT INTO staged_record (workspace_id, created_at, sync_run_id, stream, external_id, content_hash, payload)"
    " VALUES (:workspace, :at, :run, :stream, :external_id, :content_hash, :payload)"
    " ON CONFLICT (sync_run_id, stream, external_id)"
    " DO UPDATE SET content_hash = excluded.content_hash, payload = excluded.payload"
)


def table_of(stream: Stream) -> Table:
    table: Table = sql_table(stream.table)
    return table


def _stage_postgres(table: str) -> Any:
    """One statement a batch, which also finds out which records are unchanged. The batch is one JSON document: the
    driver would quote an array of documents piece by piece, in Python."""
    return text(
        "INSERT INTO staged_record (workspace_id, created_at, sync_run_id, stream, external_id, content_hash, payload)"  # noqa: S608
        " SELECT :workspace, :at, :run, :stream, row.id, row.hash,"
        f" CASE WHEN known.id IS NULL THEN row.payload ELSE '{_UNCHANGED}' END"
        " FROM jsonb_to_recordset(CAST(:batch AS jsonb)) AS row(id text, hash text, payload jsonb)"
        f" LEFT JOIN LATERAL (SELECT known.id FROM {table} AS known"
        " WHERE known.connection_id = :connection AND known.external_id = row.id"
        " AND known.content_hash = row.hash AND known.removed_at IS NULL LIMIT 1) AS known ON true"
        " ON CONFLICT (sync_run_id, stream, external_id)"
        " DO UPDATE SET content_hash = excluded.content_hash, payload = excluded.payload"
    )


def workspaces_left(session: Session) -> list[int]:
    """The workspaces of runs that their job has left; needs a transaction without a workspace."""
    return sorted(set(session.scalars(_left_by_jobs(SyncRun.workspace_id))))


def _left_by_jobs(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(SyncRun).join(JobRun, col(JobRun.id) == SyncRun.job_id)
    return query.where(
        col(SyncRun.state) == "running", col(SyncRun.import_file_id).is_(None), col(JobRun.state).in_(_ENDED)
    )


class SyncRepository(Repository):
    """Runs, the stage, and the rows of sources in one workspace."""

    noun = "This sync"

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def connection(self, connection_id: int, *, lock: bool = False) -> Connection:
        return self.get(Connection, connection_id, lock=lock)

    def run(self, sync_run_id: int, *, lock: bool = False) -> SyncRun:
        return self.get(SyncRun, sync_run_id, lock=lock)

    def running(self, sync_run_id: int, *, lock: bool = False) -> SyncRun:
        """A run that has not ended. Raises Conflict."""
        run = self.run(sync_run_id, lock=lock)
        if run.state != "running":
            raise Conflict("This sync has already ended.", remedy="Start it again.")
        return run

    def left_running(self, connection_id: int) -> list[int]:
        """Runs of a connection's API that call themselves running."""
        query = self.scoped(SyncRun).where(
            col(SyncRun.connection_id) == connection_id,
            col(SyncRun.state) == "running",
            col(SyncRun.import_file_id).is_(None),
        )
        return [run.id for run in self.session.scalars(query)]

    def holds(self, stream: Stream, connection_id: int) -> bool:
        """Whether anything of a stream is in force."""
        table = table_of(stream)
        return bool(
            self.session.scalar(
                select(exists().where(table.c.connection_id == connection_id, table.c.removed_at.is_(None)))
            )
        )

    def runs(self, connection_id: int | None, cursor: str, size: int = PAGE_SIZE) -> Page[SyncRun]:
        """Runs, latest first."""
        query = self.scoped(SyncRun).order_by(col(SyncRun.id).desc()).limit(size + 1)
        if connection_id is not None:
            query = query.where(col(SyncRun.connection_id) == connection_id)
        if cursor:
            query = query.where(after([(SyncRun.id, True)], decode_cursor(cursor, length=1)))
        found = list(self.session.scalars(query))
        more = encode_cursor([found[size - 1].id]) if len(found) > size else ""
        return Page(tuple(found[:size]), more)

    # --- staging

    def hashes(self, stream: Stream, connection_id: int, external_ids: Sequence[str]) -> dict[str, str]:
        """Content hashes of those ids that are in force."""
        table = table_of(stream)
        found: dict[str, str] = {}
        for start in range(0, len(external_ids), _CHUNK):
            query = select(table.c.external_id, table.c.content_hash).where(
                table.c.connection_id == connection_id,
                table.c.removed_at.is_(None),
                table.c.external_id.in_(external_ids[start : start + _CHUNK]),
            )
            found.update(self._pairs(query))
        return found

    def stage(self, run: SyncRun, stream: Stream, rows: Sequence[StagedRow]) -> None:
        """Keep `rows` (distinct ids) on the stage; a record read twice counts as it was read last."""
        common: dict[str, Any] = {"workspace": self.workspace_id, "run": run.id, "stream": stream.name}
        if self.dialect == "postgresql":
            batch = ",".join(
                f'{{"id":{_json(row.external_id)},"hash":"{row.content_hash}","payload":{row.payload}}}' for row in rows
            )
            facts = {"at": now(), "connection": run.connection_id, "batch": f"[{batch}]"}
            self.session.execute(_stage_postgres(table_of(stream).name), common | facts)
            return
        known = self.hashes(stream, run.connection_id, [row.external_id for row in rows])
        common["at"] = _storage_time(now())
        self.session.execute(
            _STAGE_SQLITE,
            [
                common
                | {
                    "external_id": row.external_id,
                    "content_hash": row.content_hash,
                    "payload": _UNCHANGED if known.get(row.external_id) == row.content_hash else row.payload,
                }
                for row in rows
            ],
        )

    def staged(self, sync_run_id: int) -> dict[str, int]:
        """How many records of each stream stand on the stage, without those marked as gone."""
        query = select(STAGE.c.stream, func.count()).where(
            STAGE.c.sync_run_id == sync_run_id, STAGE.c.content_hash != GONE
        )
        return self._pairs(query.group_by(STAGE.c.stream))

    def outlook(self, run: SyncRun, stream: Stream, *, within: bool) -> tuple[int, int]:
        """(rows in force, rows in force that are staged too)."""
        table = table_of(stream)
        in_force = [table.c.connection_id == run.connection_id, table.c.removed_at.is_(None)]
        if within:
            in_force += self._under_staged(run, stream)
        present = self.session.scalar(select(func.count()).select_from(table).where(*in_force))
        in_force.append(exists(self._same(run, stream, table)))
        common = self.session.scalar(select(func.count()).select_from(table).where(*in_force))
        return present or 0, common or 0

    def clear_stage(self, sync_run_id: int, streams: Collection[str] | None = None) -> int:
        """Empty a run's stage, or these streams of it."""
        statement = delete(STAGE).where(STAGE.c.sync_run_id == sync_run_id)
        return self._execute(statement if streams is None else statement.where(STAGE.c.stream.in_(streams)))

    def abandoned_runs(self, before: datetime) -> list[SyncRun]:
        """Runs that still call themselves running though their job has ended, or that have no job and are old."""
        query = (
            self.scoped(SyncRun)
            .outerjoin(JobRun, col(JobRun.id) == SyncRun.job_id)
            .where(col(SyncRun.state) == "running")
            .where(or_(col(JobRun.state).in_(_ENDED), and_(col(JobRun.id).is_(None), col(SyncRun.created_at) < before)))
        )
        return list(self.session.scalars(query))

    def left_by_jobs(self) -> list[tuple[int, str, str]]:
        """Runs of APIs that call themselves running though their job has ended: id, the job's state and error."""
        query = _left_by_jobs(SyncRun.id, JobRun.state, JobRun.error)
        rows = self.session.execute(query.where(col(SyncRun.workspace_id) == self.workspace_id))
        return [(run_id, state, error) for run_id, state, error in rows]

    def _unchanged(self) -> Any:
        return text("CAST('{}' AS jsonb)") if self.dialect == "postgresql" else text(f"'{_UNCHANGED}'")

    def _on_stage(self, run: SyncRun, stream: Stream) -> Any:
        return and_(STAGE.c.sync_run_id == run.id, STAGE.c.stream == stream.name)

    def _same(self, run: SyncRun, stream: Stream, table: Table) -> Any:
        """The staged record of `table`'s row, as a correlated select."""
        return (
            select(literal(1))
            .select_from(STAGE)
            .where(
                self._on_stage(run, stream),
                STAGE.c.external_id == table.c.external_id,
                STAGE.c.content_hash != GONE,
            )
            .correlate(table)
        )

    def _under_staged(self, run: SyncRun, stream: Stream) -> list[Any]:
        """The condition that a row's (first) parent is staged in this run; nothing for a stream without parents."""
        table = table_of(stream)
        for parent in stream.parents[:1]:
            above = table_of(STREAMS[parent.stream])
            staged = self._same(run, STREAMS[parent.stream], above)
            return [exists().where(above.c.id == table.c[parent.column], exists(staged))]
        return []

    def _pairs(self, query: Select[Any]) -> dict[str, Any]:
        """Rows of two columns as a mapping (a result itself looks like a mapping to `dict`, which it is not)."""
        return dict(tuple(row) for row in self.session.execute(query))

    def _execute(self, statement: Any) -> int:
        """Run a write and return how many rows it wrote."""
        return rows_met(self.session, statement.execution_options(synchronize_session=False, preserve_rowcount=True))

    # --- the direct path

    def is_empty(self, connection_id: int) -> bool:
        return not any(
            self.session.scalar(select(exists().where(table_of(stream).c.connection_id == connection_id)))
            for stream in STREAMS.values()
        )

    def ids(self, stream: Stream, connection_id: int) -> dict[str, int]:
        table = table_of(stream)
        query = select(table.c.external_id, table.c.id).where(table.c.connection_id == connection_id)
        return self._pairs(query)

    def insert_directly(
        self, connection_id: int, stream: Stream, rows: Iterable[StagedRow], at: datetime, parents: Mapping[str, Any]
    ) -> int:
        """SQLite only: insert storage form as it is. `parents` maps column -> {external id: id}. Returns rows added."""
        columns = content_columns(stream)
        names = ["workspace_id", "connection_id", "external_id", "content_hash"]
        names += ["created_at", "first_seen_at", "changed_at", *(column.name for column in columns)]
        moment = _storage_time(at)
        keys = {parent.column: parent.key for parent in stream.references}
        readers = [_reader(column, keys, parents) for column in columns]
        head = (self.workspace_id, connection_id)
        values = [
            (*head, row.external_id, row.content_hash, moment, moment, moment, *(read(row.values) for read in readers))
            for row in rows
        ]
        marks = ", ".join("?" * len(names))
        into = f"INSERT INTO {table_of(stream).name} ({', '.join(names)})"
        statement = f"{into} VALUES ({marks}) ON CONFLICT DO NOTHING"
        return int(self.session.connection().exec_driver_sql(statement, values).rowcount)


def content_columns(stream: Stream) -> list[Column[Any]]:
    """The columns that a record's content decides (and its parents' ids)."""
    bookkeeping = {"id", "workspace_id", "created_at", "connection_id", "external_id", "content_hash"}
    bookkeeping |= {"first_seen_at", "changed_at", "removed_at"}
    return [column for column in table_of(stream).columns if column.name not in bookkeeping]


def _storage_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _reader(
    column: Column[Any], keys: Mapping[str, str], parents: Mapping[str, Mapping[str, int]]
) -> Callable[[Mapping[str, Any]], Any]:
    """How one column's value, as SQLite stores it, is had from storage form."""
    name = column.name
    if name in keys:
        key, ids = keys[name], parents[name]
        return lambda values: ids.get(values[key])
    if isinstance(column.type, JSON):
        empty = {"{}": "{}", "[]": "[]"}
        return lambda values: empty[str(values[name])] if not values[name] else _json(values[name])
    return itemgetter(name)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
