"""A workspace that is edited as people and syncs edit it, each edit followed by the run that the product asks for.

Every edit goes through the product's own service; which clients the next run covers is what the waiting jobs say. In
the end `fresh` builds the same data in a workspace where nothing ever changed, and `picture` makes the two comparable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from connectors import records
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import RcxError
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.reconcile import asking, service
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.sync import following
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.models import (
    Account,
    Client,
    ClientTotal,
    Connection,
    CountFall,
    Finding,
    Flag,
    JobRun,
    Line,
    Seat,
    ServiceRule,
)
from tests.domain.reconcile.estates import build, map_accounts, psa_records
from tests.domain.reconcile.reference import Estate

PSA_STREAMS = ("clients", "agreements", "lines")
_OURS = frozenset(
    {
        *("id", "workspace_id", "created_at", "updated_at", "first_found_at", "changed_at", "resolved_at"),
        *("fingerprint", "series", "content_hash", "rule_id", "rule_version_id", "decided_by", "decided_at"),
        *("version", "job_id"),
    }
)
"""Columns that name a row or a moment, and nothing that a person is told."""


def rows(session: Session, context: Context, table: Any) -> list[Any]:
    return list(session.exec(select(table).where(col(table.workspace_id) == context.workspace_id)))


@dataclass
class Living:
    """`estate` follows the edits; `ever` keeps each record as it last was, since what is gone leaves traces."""

    context: Context
    estate: Estate
    names: dict[str, str]
    ever: dict[tuple[str, str], records.Record] = field(default_factory=dict)
    full_runs: int = 0
    touched_runs: int = 0

    def start(self) -> None:
        self._remember()
        load(self.context, self.estate, self.names)
        with transaction(self.context) as session:
            asking.request(session, self.context)
        self.run()

    def run(self) -> None:
        """Do what waits: matching is followed by a run of all, requests over clients are one run."""
        with transaction(self.context) as session:
            waiting = [job for job in rows(session, self.context, JobRun) if job.state in ("queued", "sent")]
            asked = [job.args.get("clients") for job in waiting if job.kind == "reconcile.run"]
            is_full = any(job.kind == "mapping.match" for job in waiting) or None in asked
            for job in waiting:
                job.state = "done"
        if not asked and not is_full:
            return
        clients = None if is_full else sorted({each for ids in asked for each in ids})
        self.full_runs += is_full
        self.touched_runs += not is_full
        with transaction(self.context) as session:
            service.reconcile(session, self.context, clients=clients)

    def read(self, label: str, made: Iterable[records.Record], streams: Collection[str]) -> None:
        """A sync that reads `made`, whole, and changes the rest to gone."""
        with transaction(self.context) as session:
            connection = self.connection(session, label)
            was_fine = not _is_stale(connection)
            run_id = sync.begin(session, self.context, connection.id)
            by_stream: dict[str, list[records.Record]] = {name: [] for name in streams}
            for record in made:
                by_stream[_stream(record)].append(record)
            for name, batch in by_stream.items():
                sync.stage(session, self.context, run_id, name, batch)
            owned = following.before(session, self.context, run_id, connection.id)
            result = sync.switch(session, self.context, run_id, complete_streams=streams)
            owned.everybody = not was_fine
            following.request(session, self.context, connection.id, result, owned, is_full=False)

    def read_lines(self, lines: list[records.Line]) -> None:
        self.estate.lines = lines
        self._remember()
        self.read("PSA", psa_records(lines, self.names), PSA_STREAMS)

    def read_seats(self, label: str, seats: list[records.Seat]) -> None:
        self.estate.seats[label] = seats
        self._remember()
        self.read(label, seats, ("seats",))

    def map(self, label: str, account: str, to: str | None) -> None:
        key = (label, account)
        before = self.estate.mapping.get(key)
        self.estate.mapping[key] = to
        with transaction(self.context) as session:
            map_accounts(session, self.context, {key: to})
            ids = {row.external_id: row.id for row in rows(session, self.context, Client)}
            asking.request(session, self.context, [ids[each] for each in (before, to) if each])

    def rule(self, spec: RuleSpec) -> None:
        """A new rule, or a new version of the one of that name; what clashes is refused and changes nothing."""
        try:
            with transaction(self.context) as session:
                known = {rule.name: rule for rule in rows(session, self.context, ServiceRule)}
                if spec.name in known:
                    service_rules.replace(session, self.context, known[spec.name].id, spec)
                else:
                    service_rules.create(session, self.context, spec)
        except RcxError:
            return
        self.estate.rules = [each for each in self.estate.rules if each.name != spec.name] + [spec]

    def retire(self, number: int) -> None:
        if not self.estate.rules:
            return
        gone = self.estate.rules[number % len(self.estate.rules)]
        try:
            with transaction(self.context) as session:
                (rule,) = [each for each in rows(session, self.context, ServiceRule) if each.name == gone.name]
                service_rules.retire(session, self.context, rule.id)
        except RcxError:
            return

    def age(self, label: str) -> None:
        """The last complete reading was long ago; the watch over connections notices."""
        with transaction(self.context) as session:
            self.connection(session, label).last_complete_at = clock.now() - timedelta(days=10)
            session.flush()
            alerts_history.note_all(session, self.context)

    def confirm_falls(self) -> None:
        with transaction(self.context) as session:
            held = [fall.id for fall in rows(session, self.context, CountFall) if fall.state == "held"]
            falls.confirm(session, self.context, held)

    def connection(self, session: Session, label: str) -> Connection:
        (found,) = [each for each in rows(session, self.context, Connection) if each.label == label]
        assert isinstance(found, Connection)
        return found

    def _remember(self) -> None:
        for line in self.estate.lines:
            self.ever["PSA", line.external_id] = line
        for label, seats in self.estate.seats.items():
            for seat in seats:
                self.ever[label, seat.external_id] = seat


def load(context: Context, estate: Estate, names: dict[str, str]) -> None:
    build(
        context,
        lines=estate.lines,
        products=estate.products,
        seats=estate.seats,
        accounts=estate.accounts,
        mapping=estate.mapping,
        rules=estate.rules,
        names=names,
    )


def fresh(living: Living, context: Context) -> None:
    """The same final data in the empty workspace of `context`, and one full run over it."""
    estate = living.estate
    with transaction(living.context, read_only=True) as session:
        # Not the newest version, which may begin later: those in force.
        rules = [rule.spec for rule in service_rules.rules_in_force(session, living.context, clock.today())]
    lines = [each for each in living.ever.values() if isinstance(each, records.Line)]
    seats = {
        label: [each for (of, _), each in living.ever.items() if of == label and isinstance(each, records.Seat)]
        for label in estate.seats
    }
    whole = Estate(lines, estate.products, seats, estate.accounts, estate.mapping, rules)
    load(context, whole, living.names)
    copy = Living(context, estate, living.names)
    copy.read("PSA", psa_records(estate.lines, living.names), PSA_STREAMS)
    for label, own in estate.seats.items():
        copy.read(label, own, ("seats",))
    known = moments(living.context)
    with transaction(context) as session:
        _impose(session, context, known)
        service.reconcile(session, context)


@dataclass(frozen=True)
class Moments:
    """When things went, how connections do and which falls there are: what edits leave and a reading does not."""

    gone: dict[tuple[str, str, str], Any]
    health: dict[str, tuple[str, Any]]
    falls: list[tuple[str, str, dict[str, Any]]]


def moments(context: Context) -> Moments:
    with transaction(context, read_only=True) as session:
        labels = {each.id: each.label for each in rows(session, context, Connection)}
        accounts = {each.id: each.external_id for each in rows(session, context, Account)}
        kept = {"id", "workspace_id", "connection_id", "account_id", "sync_run_id", "decided_by"}
        return Moments(
            {
                (table.__name__, labels[each.connection_id], each.external_id): each.removed_at
                for table in (Line, Seat)
                for each in rows(session, context, table)
            },
            {each.label: (each.state, each.last_complete_at) for each in rows(session, context, Connection)},
            [
                (labels[fall.connection_id], accounts[fall.account_id], fall.model_dump(exclude=kept))
                for fall in rows(session, context, CountFall)
            ],
        )


def _impose(session: Session, context: Context, known: Moments) -> None:
    labels = {each.id: each.label for each in rows(session, context, Connection)}
    for table in (Line, Seat):
        for each in rows(session, context, table):
            was = known.gone[table.__name__, labels[each.connection_id], each.external_id]
            assert (each.removed_at is None) == (was is None)
            each.removed_at = was
    for each in rows(session, context, Connection):
        each.state, each.last_complete_at = known.health[each.label]
    session.execute(delete(CountFall).where(col(CountFall.workspace_id) == context.workspace_id))
    accounts = {
        (labels[each.connection_id], each.external_id): (each.connection_id, each.id)
        for each in rows(session, context, Account)
    }
    for label, account, values in known.falls:
        connection_id, account_id = accounts[label, account]
        own = {"workspace_id": context.workspace_id, "connection_id": connection_id, "account_id": account_id}
        session.add(CountFall(**values, **own))
    session.flush()


def picture(session: Session, context: Context) -> dict[str, list[str]]:
    """All findings that stand, flags and totals, with outside names for rows, in one order."""
    labels = {each.id: each.label for each in rows(session, context, Connection)}
    rules = {each.id: each.name for each in rows(session, context, ServiceRule)}
    names: dict[str, dict[int, str]] = {"connection_id": labels, "rule_id": rules}
    for table, column in ((Client, "client_id"), (Line, "line_id"), (Account, "account_id"), (Seat, "seat_id")):
        names[column] = {
            each.id: f"{labels[each.connection_id]}/{each.external_id}" for each in rows(session, context, table)
        }

    def plain(row: Any) -> str:
        values = {key: _named(names, key, value) for key, value in row.model_dump(exclude=_OURS).items()}
        return repr(sorted(values.items()))

    standing = [each for each in rows(session, context, Finding) if each.resolved_at is None]
    return {
        "findings": sorted(map(plain, standing)),
        "flags": sorted(map(plain, rows(session, context, Flag))),
        "totals": sorted(map(plain, rows(session, context, ClientTotal))),
    }


def _named(names: dict[str, dict[int, str]], key: str, value: Any) -> Any:
    if key in names:
        return names[key].get(value, "")
    if key == "line_ids":
        return sorted(names["line_id"][each] for each in value)
    if key == "detail":
        return sorted((name, _named(names, name, each)) for name, each in (value or {}).items())
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _stream(record: records.Record) -> str:
    return {"Client": "clients", "Agreement": "agreements", "Line": "lines", "Seat": "seats"}[type(record).__name__]


def _is_stale(connection: Connection) -> bool:
    at = connection.last_complete_at
    return connection.state != "ok" or at is None or at < clock.now() - timedelta(days=7)
