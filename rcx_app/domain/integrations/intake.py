"""A file's records on their way to the stage: one run a connection, in batches, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.files import SHAPES, Item, MappingRow, Profile
from connectors.records import Record, Seat, Sku
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.core.text import fold
from rcx_app.domain.integrations import service
from rcx_app.domain.integrations.repository import ConnectionRepository, ImportRepository
from rcx_app.domain.integrations.schemas import Question
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.rows import STREAMS, stream_of
from rcx_app.domain.sync.schemas import StreamOutlook
from rcx_app.models import Connection

_BATCH = 2000
_CLIENT_SHAPES = ("rcx_clients", "generic_clients")
# Below this many rows a change of most of them is everyday business.
_FEW = 5
_CLEARLY_OLDER = timedelta(days=1)


@dataclass(slots=True)
class Target:
    """A connection that the file fills, with its run and what waits for the next batch."""

    label: str
    connection_id: int
    sync_run_id: int
    is_new: bool
    knows_clients: bool
    buffers: dict[str, list[Record]] = field(default_factory=dict)
    streams: set[str] = field(default_factory=set)
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import does: settled by a person, or by the caller of the file commands."""

    import_id: int
    job_id: int
    filename: str
    sha256: str
    profile: Profile
    connection_id: int | None
    label: str
    vendor: str

    @property
    def side(self) -> str:
        return SHAPES[self.profile.shape].side

    @property
    def is_client_list(self) -> bool:
        return self.profile.shape in _CLIENT_SHAPES

    @property
    def is_of_some_accounts(self) -> bool:
        """Whether the file speaks for single accounts only (a tenant's own export), not for all of the vendor's."""
        return self.profile.options.account_from != "column"


class Intake:
    """Takes a file's items one by one. `targets` are the runs it has begun, `mappings` the rows of a mapping file."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context = context
        self._plan = plan
        self._by_label: dict[str, Target] = {}
        self.mappings: list[MappingRow] = []
        self.staged = 0

    @property
    def targets(self) -> list[Target]:
        return list(self._by_label.values())

    def open_default(self) -> None:
        """Begin the run of the settled connection, so that a file without rows is judged too."""
        if self._plan.label:
            self._target(self._plan.label)

    def take(self, item: Item) -> None:
        """Raises Invalid for a kind of record that no table holds."""
        if isinstance(item, MappingRow):
            self.mappings.append(item)
            return
        if isinstance(item, Sku):
            return  # seats carry their SKU
        stream = stream_of(item)
        if stream is None:
            raise Invalid(f"{type(item).__name__} records can't be imported.")
        target = self._target(getattr(item, "integration", "") or self._plan.label)
        if isinstance(item, Seat) and item.last_seen_at is not None:
            target.newest = max(target.newest or item.last_seen_at, item.last_seen_at)
        buffer = target.buffers.setdefault(stream.name, [])
        buffer.append(item)
        if len(buffer) >= _BATCH:
            self._stage(target, stream.name)

    def flush(self) -> None:
        for target in self.targets:
            for stream in list(target.buffers):
                self._stage(target, stream)

    def complete_streams(self, target: Target) -> set[str]:
        """Streams for which the file is the whole truth: what it does not hold is gone."""
        if self._plan.is_client_list:
            return {"clients"}
        if self._plan.side == "psa":
            # A list of clients knows more of them, and more of them, than lines do.
            return {"products", "agreements", "lines"} | (set() if target.knows_clients else {"clients"})
        main = {"accounts", "seats"} | (target.streams & {"subscriptions"})
        return main - {"accounts"} if self._plan.is_of_some_accounts else main

    def questions(self) -> list[Question]:
        """Doubts about whether this is the right file for its connections, each a whole sentence."""
        found: list[Question] = []
        with transaction(self._context, read_only=True) as session:
            files = ImportRepository(session, self._context)
            earlier = files.done_with(self._plan.sha256, self._plan.import_id)
            for target in self.targets:
                if target.is_new:
                    continue
                if earlier is not None and earlier.finished_at and not self._is_last(files, target, earlier.sha256):
                    text = f"This file was imported on {earlier.finished_at:%-d %b %Y}, and a newer one after it."
                    found.append(Question(code="superseded", text=text))
                seen = ConnectionRepository(session, self._context).newest_sign_of_life(target.connection_id)
                if seen and target.newest and target.newest < seen - _CLEARLY_OLDER:
                    found.append(_older(target, seen))
                outlooks = sync.outlook(
                    session,
                    self._context,
                    target.sync_run_id,
                    streams=self.complete_streams(target) & {"lines", "seats", "clients"},
                    within_parents=self._plan.is_of_some_accounts,
                )
                is_main = ("clients",) if self._plan.is_client_list else ("lines", "seats", "subscriptions")
                found += [_doubt(target.label, each) for each in outlooks if each.stream in is_main and _is_odd(each)]
        return found

    def _is_last(self, files: ImportRepository, target: Target, sha256: str) -> bool:
        last = files.last_of(target.connection_id)
        return last is not None and files.file(last).sha256 == sha256

    def _target(self, label: str) -> Target:
        key = fold(label)
        found = self._by_label.get(key)
        if found is None:
            found = self._by_label[key] = self._begin(label)
        return found

    def _begin(self, label: str) -> Target:
        plan, context = self._plan, self._context
        if not label:
            raise Invalid("A row does not say which integration it belongs to.", remedy="Fill the column in every row.")
        with transaction(context) as session:
            is_settled = plan.connection_id is not None and fold(label) == fold(plan.label)
            connections = ConnectionRepository(session, context)
            settled = connections.get(Connection, plan.connection_id) if is_settled and plan.connection_id else None
            known = settled or connections.labelled(label)
            if known is not None and known.side != plan.side:
                raise Invalid(f"{known.label} is a connection of the other side.", remedy="Choose another label.")
            if known is not None:
                service.check_takes_files(known)
            connection_id = known.id if known else None
            # An attempt that was interrupted has made its connection already.
            is_new = connection_id is None or ConnectionRepository(session, context).is_made_by(
                connection_id, plan.import_id
            )
            if connection_id is None:
                vendor = plan.vendor if fold(label) == fold(plan.label) else ""
                connection_id = service.create(session, context, side=plan.side, label=label, vendor=vendor)
            run_id = sync.begin(session, context, connection_id, job_id=plan.job_id, import_file_id=plan.import_id)
            profiles = ImportRepository(session, context).profiles(connection_id)
            has_list = any(each.profile.get("shape") in _CLIENT_SHAPES for each in profiles)
        return Target(label, connection_id, run_id, is_new, has_list and not plan.is_client_list)

    def _stage(self, target: Target, stream: str) -> None:
        batch = target.buffers.pop(stream)
        target.streams.add(stream)
        with transaction(self._context) as session:
            sync.stage(
                session,
                self._context,
                target.sync_run_id,
                stream,
                batch,
                only_new=target.knows_clients and stream == "clients",
            )
        self.staged += len(batch)


def _older(target: Target, seen: datetime) -> Question:
    assert target.newest is not None
    text = (
        f"This file looks older than what is there: its latest sign of life is of {target.newest:%-d %b %Y}, "
        f"{target.label} already has one of {seen:%-d %b %Y}."
    )
    return Question(code="older", text=text)


def _is_odd(outlook: StreamOutlook) -> bool:
    return outlook.present >= _FEW and outlook.common * 2 < outlook.present


def _doubt(label: str, outlook: StreamOutlook) -> Question:
    noun = STREAMS[outlook.stream].name
    if outlook.staged * 2 < outlook.present:
        text = (
            f"{label} has {outlook.present:,} {noun} now; this file has {outlook.staged:,}. The others count as gone."
        )
        return Question(code="fall", text=text)
    text = (
        f"Only {outlook.common:,} of the {outlook.present:,} {noun} of {label} are in this file. "
        "It may belong to another connection."
    )
    return Question(code="few_common", text=text)


def as_note(question: Question) -> dict[str, Any]:
    return {"code": question.code, "text": question.text}
