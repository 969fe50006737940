"""SQL that puts a stage into force: set operations that never pass through Python."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Select, Table, and_, exists, func, insert, literal, or_, select, text, update

from rcx_app.domain.sync.columns import text_at, value_at
from rcx_app.domain.sync.repository import STAGE, SyncRepository, content_columns, table_of
from rcx_app.domain.sync.rows import GONE, STREAMS, Parent, Stream
from rcx_app.models import Account, AccountMapping, Line, LineHistory, SyncRun
from rcx_app.models.base import sql_table

_MAPPING: Table = sql_table(AccountMapping)
_LINE: Table = sql_table(Line)
_HISTORY: Table = sql_table(LineHistory)
_KEPT = ("quantity", "included_quantity", "unit_price", "unit_cost")
"""What the history of a line keeps."""


_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Stray:
    """A staged record whose `parent_stream` row `parent` is not known."""

    staged_id: int
    external_id: str
    parent_stream: str
    parent: str


class SwitchRepository(SyncRepository):
    """The moves of a switch, each over a whole stream."""

    @contextmanager
    def set_operations(self) -> Iterator[None]:
        """Within, PostgreSQL joins by hashing only. What was just staged has no statistics yet, and a nested loop
        chosen for a table that is thought empty takes minutes."""
        if self.dialect != "postgresql":
            yield
            return
        self.session.execute(text("SET LOCAL enable_nestloop = off"))
        yield
        self.session.execute(text("SET LOCAL enable_nestloop = on"))

    def unknown_parents(self, run: SyncRun, stream: Stream, limit: int = 20) -> list[tuple[str, str, str]]:
        """Staged records whose parent is not in force: (external id, parent stream, parent's external id)."""
        unknown: list[tuple[str, str, str]] = []
        batch = self._batch(run, stream)
        for parent in stream.parents:
            table = table_of(STREAMS[parent.stream])
            key = batch.c[parent.key]
            known = exists().where(
                table.c.connection_id == run.connection_id, table.c.removed_at.is_(None), table.c.external_id == key
            )
            query = select(batch.c.external_id, key).where(~known).order_by(batch.c.external_id).limit(limit)
            unknown += [(child, parent.stream, name or "") for child, name in self.session.execute(query)]
        return unknown

    def orphans(self, run: SyncRun, stream: Stream, limit: int = 20) -> list[tuple[str, str, str]]:
        """Staged unchanged records whose parent has just been removed, as `unknown_parents`."""
        table, found = table_of(stream), []
        unchanged = select(STAGE.c.external_id).where(
            self._on_stage(run, stream), STAGE.c.content_hash != GONE, STAGE.c.payload == self._unchanged()
        )
        for parent in stream.parents:
            above = table_of(STREAMS[parent.stream])
            query = (
                select(table.c.external_id, above.c.external_id)
                .join(above, above.c.id == table.c[parent.column])
                .where(above.c.removed_at.is_not(None), table.c.external_id.in_(unchanged))
                .where(table.c.connection_id == run.connection_id, table.c.removed_at.is_(None))
                .order_by(table.c.external_id)
                .limit(limit)
            )
            found += [(child, parent.stream, name) for child, name in self.session.execute(query)]
        return found

    def strays(self, run: SyncRun, stream: Stream, whole: Collection[str]) -> list[Stray]:
        """Before anything is written: staged records whose parent will not be in force.

        `whole`: the streams that are in force only as far as they are staged.
        """
        found: dict[int, Stray] = {}
        batch, table = self._batch(run, stream), table_of(stream)
        for parent in stream.parents:
            key, above = batch.c[parent.key], table_of(STREAMS[parent.stream]).alias("above")
            changed = select(batch.c.id, batch.c.external_id, key).where(*self._unknown(run, parent, key, whole))
            same_row = and_(table.c.connection_id == run.connection_id, table.c.external_id == STAGE.c.external_id)
            unchanged = (
                select(STAGE.c.id, STAGE.c.external_id, above.c.external_id)
                .join(table, and_(same_row, table.c.removed_at.is_(None)))
                .join(above, above.c.id == table.c[parent.column])
                .where(self._on_stage(run, stream), STAGE.c.payload == self._unchanged())
                .where(*self._unknown(run, parent, above.c.external_id, whole))
            )
            for query in (changed, unchanged):
                for staged_id, external_id, name in self.session.execute(query):
                    found.setdefault(staged_id, Stray(staged_id, external_id, parent.stream, name or ""))
        return sorted(found.values(), key=lambda each: each.external_id)

    def leave_out(self, strays: Sequence[Stray]) -> None:
        """Stage these records as gone: what was in force under their ids no longer is as it was."""
        for start in range(0, len(strays), _CHUNK):
            ids = [each.staged_id for each in strays[start : start + _CHUNK]]
            marked = update(STAGE).values(content_hash=GONE, payload={"gone": True})
            self._execute(marked.where(STAGE.c.id.in_(ids)))

    def _unknown(self, run: SyncRun, parent: Parent, key: Any, whole: Collection[str]) -> list[Any]:
        """Conditions that after the switch no parent has the external id `key`."""
        stage, table = STAGE.alias("staged_parent"), table_of(STREAMS[parent.stream])
        on_stage = [stage.c.sync_run_id == run.id, stage.c.stream == parent.stream, stage.c.external_id == key]
        conditions = [~exists().where(*on_stage, stage.c.content_hash != GONE)]
        if parent.stream not in whole:
            gone = STAGE.alias("gone_parent")
            leaves = exists().where(
                gone.c.sync_run_id == run.id,
                gone.c.stream == parent.stream,
                gone.c.external_id == table.c.external_id,
                gone.c.content_hash == GONE,
            )
            stays = [table.c.connection_id == run.connection_id, table.c.removed_at.is_(None), ~leaves]
            conditions.append(~exists().where(table.c.external_id == key, *stays))
        return conditions

    def moved_on(self, run: SyncRun, stream: Stream) -> int:
        """Records staged as unchanged whose row has changed or gone since: another run came between."""
        table = table_of(stream)
        same = exists().where(
            table.c.connection_id == run.connection_id,
            table.c.external_id == STAGE.c.external_id,
            table.c.content_hash == STAGE.c.content_hash,
            table.c.removed_at.is_(None),
        )
        query = select(func.count()).select_from(STAGE)
        return (
            self.session.scalar(query.where(self._on_stage(run, stream), STAGE.c.payload == self._unchanged(), ~same))
            or 0
        )

    def update_changed(self, run: SyncRun, stream: Stream, at: datetime) -> tuple[int, int]:
        """Write changed and returned rows. Returns (changed, returned)."""
        table, batch = table_of(stream), self._batch(run, stream)
        staged_again = [table.c.connection_id == run.connection_id, table.c.external_id == batch.c.external_id]
        returned = self.session.scalar(
            select(func.count()).select_from(table, batch).where(table.c.removed_at.is_not(None), *staged_again)
        )
        values = self._values(stream, batch, at)
        statement = update(table).values({table.c[name]: value for name, value in values.items()})
        statement = statement.where(
            *staged_again,
            or_(table.c.content_hash != batch.c.content_hash, table.c.removed_at.is_not(None)),
            *self._parents_of(run, stream, batch),
        )
        written = self._execute(statement)
        return written - (returned or 0), returned or 0

    def insert_new(self, run: SyncRun, stream: Stream, at: datetime) -> int:
        table, batch = table_of(stream), self._batch(run, stream)
        moment = literal(at, table.c.created_at.type)
        values = self._values(stream, batch, at) | {
            "workspace_id": literal(self.workspace_id),
            "connection_id": literal(run.connection_id),
            "external_id": batch.c.external_id,
            "created_at": moment,
            "first_seen_at": moment,
        }
        present = exists().where(table.c.connection_id == run.connection_id, table.c.external_id == batch.c.external_id)
        rows: Select[Any] = select(*values.values()).where(*self._parents_of(run, stream, batch), ~present)
        return self._execute(insert(table).from_select(list(values), rows.order_by(batch.c.id)))

    def remove_missing(
        self, run: SyncRun, stream: Stream, at: datetime, *, within: bool, unless_under: Sequence[Stream]
    ) -> int:
        """Mark what a complete stream no longer holds. Reached only for streams read to their end.

        `within`: only below parents that are staged. `unless_under`: not what rows of these streams refer to.
        """
        table = table_of(stream)
        conditions = [table.c.connection_id == run.connection_id, ~exists(self._same(run, stream, table))]
        if within:
            conditions += self._under_staged(run, stream)
        conditions += self._not_needed(stream, unless_under)
        return self._remove(table, at, *conditions)

    def remove_gone(self, run: SyncRun, stream: Stream, at: datetime, *, unless_under: Sequence[Stream]) -> int:
        """Mark what an incremental read said is gone. `unless_under`: not what rows of these streams refer to."""
        table = table_of(stream)
        conditions = [table.c.connection_id == run.connection_id, table.c.external_id.in_(self._gone(run, stream))]
        return self._remove(table, at, *conditions, *self._not_needed(stream, unless_under))

    def is_held_back(self, run: SyncRun, stream: Stream) -> bool:
        """Whether something stays in force though the source said that it is gone."""
        table = table_of(stream)
        query = exists().where(
            table.c.connection_id == run.connection_id,
            table.c.removed_at.is_(None),
            table.c.external_id.in_(self._gone(run, stream)),
        )
        return bool(self.session.scalar(select(query)))

    def _gone(self, run: SyncRun, stream: Stream) -> Any:
        """The ids that the source said are gone. They are few: rows are looked up by them, not the other way round."""
        return select(STAGE.c.external_id).where(self._on_stage(run, stream), STAGE.c.content_hash == GONE)

    def _not_needed(self, stream: Stream, below: Sequence[Stream]) -> list[Any]:
        """Conditions that no row in force of the streams `below` refers to a row of `stream`."""
        found = []
        for child in below:
            rows = table_of(child)
            found += [
                ~exists().where(rows.c[parent.column] == table_of(stream).c.id, rows.c.removed_at.is_(None))
                for parent in child.parents
                if parent.stream == stream.name
            ]
        return found

    def remove_below(self, connection_id: int, stream: Stream, at: datetime) -> int:
        """Mark rows whose parent is no longer in force."""
        table = table_of(stream)
        gone = []
        for parent in stream.parents:
            above = table_of(STREAMS[parent.stream])
            gone.append(exists().where(above.c.id == table.c[parent.column], above.c.removed_at.is_not(None)))
        return self._remove(table, at, table.c.connection_id == connection_id, or_(*gone))

    def link(self, connection_id: int, stream: Stream, at: datetime) -> int:
        """Fill references that were left empty because their row was not known, where it is now."""
        table, linked = table_of(stream), 0
        for each in stream.links:
            known = table_of(STREAMS[each.stream])
            statement = update(table).values({table.c[each.column]: known.c.id, table.c.changed_at: at})
            linked += self._execute(
                statement.where(
                    table.c.connection_id == connection_id,
                    table.c.removed_at.is_(None),
                    table.c[each.column].is_(None),
                    known.c.connection_id == connection_id,
                    known.c.removed_at.is_(None),
                    known.c.external_id == table.c[each.key],
                )
            )
        return linked

    def add_mappings(self, connection_id: int, at: datetime) -> int:
        """One unmapped `AccountMapping` for each account that has none."""
        account: Table = sql_table(Account)
        mapped = exists().where(_MAPPING.c.account_id == account.c.id)
        values = {
            "workspace_id": account.c.workspace_id,
            "account_id": account.c.id,
            "created_at": literal(at, _MAPPING.c.created_at.type),
            "state": literal("unmapped"),
            "is_preselected": literal(False),
            "is_ambiguous": literal(False),
            "model_version": literal(""),
            "decided_how": literal(""),
            "note": literal(""),
            "version": literal(1),
        }
        rows = select(*values.values()).where(account.c.connection_id == connection_id, ~mapped)
        return self._execute(insert(_MAPPING).from_select(list(values), rows.order_by(account.c.id)))

    def add_line_history(self, connection_id: int, at: datetime) -> int:
        """One `LineHistory` for each line that this switch wrote and whose quantity, included quantity, price or cost
        is new or other than its history says last. Removal is no change of these: the line itself says it."""
        earlier = _HISTORY.alias("earlier")
        last = select(func.max(earlier.c.id)).where(earlier.c.line_id == _HISTORY.c.line_id).scalar_subquery()
        same = [_HISTORY.c[name].is_not_distinct_from(_LINE.c[name]) for name in _KEPT]
        is_known = exists().where(_HISTORY.c.line_id == _LINE.c.id, _HISTORY.c.id == last, *same)
        moment = literal(at, _HISTORY.c.valid_from.type)
        values = {
            "workspace_id": _LINE.c.workspace_id,
            "created_at": moment,
            "line_id": _LINE.c.id,
            "valid_from": moment,
            **{name: _LINE.c[name] for name in _KEPT},
        }
        written = [_LINE.c.connection_id == connection_id, _LINE.c.changed_at == moment, _LINE.c.removed_at.is_(None)]
        rows = select(*values.values()).where(*written, ~is_known)
        return self._execute(insert(_HISTORY).from_select(list(values), rows.order_by(_LINE.c.id)))

    def _remove(self, table: Table, at: datetime, *conditions: Any) -> int:
        statement = update(table).where(table.c.removed_at.is_(None), *conditions).values(removed_at=at, changed_at=at)
        return self._execute(statement)

    def _batch(self, run: SyncRun, stream: Stream) -> FromClause:
        """A run's staged records with content: id, external_id, content_hash, payload, the key of each parent, and
        for each link the id it has found."""
        keys = [text_at(STAGE.c.payload, parent.key, self.dialect).label(parent.key) for parent in stream.parents]
        source: Any = STAGE
        for link in stream.links:
            known = table_of(STREAMS[link.stream]).alias(f"linked_{link.column}")
            keys.append(known.c.id.label(link.column))
            named = known.c.external_id == text_at(STAGE.c.payload, link.key, self.dialect)
            in_force = and_(known.c.connection_id == run.connection_id, known.c.removed_at.is_(None))
            source = source.outerjoin(known, and_(named, in_force))
        columns = (STAGE.c.id, STAGE.c.external_id, STAGE.c.content_hash, STAGE.c.payload, *keys)
        query = select(*columns).select_from(source).where(self._on_stage(run, stream))
        return query.where(STAGE.c.payload != self._unchanged(), STAGE.c.content_hash != GONE).subquery("batch")

    def _parents_of(self, run: SyncRun, stream: Stream, batch: FromClause) -> list[Any]:
        """Conditions that join a batch to its parents in force."""
        conditions: list[Any] = []
        for parent in stream.parents:
            table = table_of(STREAMS[parent.stream])
            conditions += [table.c.connection_id == run.connection_id, table.c.external_id == batch.c[parent.key]]
        return conditions

    def _values(self, stream: Stream, batch: FromClause, at: datetime) -> dict[str, Any]:
        """Column -> SQL expression for all that a record decides."""
        table = table_of(stream)
        parents: dict[str, Any] = {parent.column: table_of(STREAMS[parent.stream]).c.id for parent in stream.parents}
        parents |= {link.column: batch.c[link.column] for link in stream.links}
        values: dict[str, Any] = {"content_hash": batch.c.content_hash}
        for column in content_columns(stream):
            if column.name in parents:
                values[column.name] = parents[column.name]
            else:
                values[column.name] = value_at(batch.c.payload, column.name, column.type, self.dialect)
        values["changed_at"] = literal(at, table.c.changed_at.type)
        values["removed_at"] = literal(None, table.c.removed_at.type)
        return values
