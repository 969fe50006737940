"""Runs a reconciliation of files: read, load into a temporary database, map, take rules, compare, write the outputs."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlmodel import Session, SQLModel

from connectors.errors import Problem
from connectors.files.build.base import MappingRow
from connectors.files.strict import LinesFile, SeatsFile, read_lines, read_mapping, read_seats
from connectors.records import Account, Client, Record, Seat
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import make_engine
from rcx_app.core.text import fold
from rcx_app.domain.mapping import suggest
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.files import tables, write
from rcx_app.domain.reconcile.files.repository import FilesRepository
from rcx_app.domain.reconcile.files.schemas import Done, Inputs, Progress
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.rules_file import dump_rules, load_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.sync import direct
from rcx_app.models import Workspace

STEPS = 8


def _silent(note: str, done: int, total: int) -> None:
    """Nobody watches."""
    del note, done, total


def run(inputs: Inputs, report: Progress = _silent) -> Done:
    """Reconcile files into `inputs.out`. Raises FileError or Invalid naming every problem; then nothing is written."""
    report("Reading lines", 0, STEPS)
    lines = read_lines(inputs.lines)
    report("Reading seats", 1, STEPS)
    seats = read_seats(inputs.seats)
    mapping = read_mapping(inputs.mapping) if inputs.mapping else None
    attributes = {fold(name) for seat in seats.seats for name in seat.attributes}
    rules = load_rules(inputs.rules, attributes=attributes) if inputs.rules else None
    write.check(inputs.out)
    with tempfile.TemporaryDirectory(prefix="rcx-reconcile-") as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'rcx.db'}")
        try:
            SQLModel.metadata.create_all(engine)
            with Session(engine, expire_on_commit=False) as session:
                return _run(session, inputs, lines, seats, mapping, rules, report)
        finally:
            engine.dispose()


def _run(
    session: Session,
    inputs: Inputs,
    lines: LinesFile,
    seats: SeatsFile,
    mapping: Sequence[MappingRow] | None,
    rules: list[RuleSpec] | None,
    report: Progress,
) -> Done:
    report("Loading lines", 2, STEPS)
    context = _workspace(session)
    repository = FilesRepository(session, context)
    clients = _clients(lines, mapping or ())
    psa = repository.connect("PSA", "psa")
    direct.load(session, context, psa, [*clients, *lines.agreements, *lines.products, *lines.lines])
    report("Loading seats", 3, STEPS)
    connections = _load_seats(session, context, repository, seats, mapping or ())
    report("Mapping accounts", 4, STEPS)
    if mapping is None:
        _map_by_model(session, context, repository)
    else:
        _map_by_file(repository, mapping, connections)
    report("Taking rules", 5, STEPS)
    warnings = [str(problem) for problem in (*lines.warnings, *seats.warnings)]
    if rules is None:
        rules = _infer(session, context)
    else:
        warnings += _unknown_integrations(inputs, rules, connections)
    for spec in rules:
        service_rules.create(session, context, spec)
    report("Comparing", 6, STEPS)
    computed = service.compute(session, context, day=inputs.day, each_seat=True)
    found = tables.build(session, context, computed)
    report("Writing", 7, STEPS)
    summary = tables.summarise(computed, found, inputs.day)
    write.write(inputs.out, found, dump_rules(rules), summary)
    report("Done", STEPS, STEPS)
    return Done(summary, tuple(warnings))


def _workspace(session: Session) -> Context:
    workspace = Workspace(name="Files")
    session.add(workspace)
    session.flush()
    return system_context(workspace.id)


def _clients(lines: LinesFile, mapping: Iterable[MappingRow]) -> list[Record]:
    """The clients of the lines, and those that only the mapping names (their id is all that is known of them)."""
    known = {client.external_id for client in lines.clients}
    extra = sorted({row.client_id for row in mapping if row.client_id} - known)
    return [*lines.clients, *(Client(external_id=each, name=each) for each in extra)]


def _load_seats(
    session: Session, context: Context, repository: FilesRepository, file: SeatsFile, mapping: Iterable[MappingRow]
) -> dict[str, int]:
    """Load each integration as a connection of its own; returns their ids by folded label.

    An account that only the mapping names exists too: it is mapped, and has no seats.
    """
    labels: dict[str, str] = {}
    records: dict[str, list[Record]] = defaultdict(list)
    read: list[Account | Seat] = [*file.accounts, *file.seats]
    for record in read:
        labels.setdefault(fold(record.integration), record.integration)
        records[fold(record.integration)].append(record)
    known = {(fold(account.integration), account.external_id) for account in file.accounts}
    for row in mapping:
        label = fold(row.integration)
        if (label, row.account_id) not in known:
            known.add((label, row.account_id))
            labels.setdefault(label, row.integration)
            records[label].append(Account(external_id=row.account_id, name=row.account_id))
    connections: dict[str, int] = {}
    for key in sorted(records):
        connections[key] = repository.connect(labels[key], "usage")
        direct.load(session, context, connections[key], records[key])
    return connections


def _map_by_model(session: Session, context: Context, repository: FilesRepository) -> None:
    comparison = suggest.read(session, context)
    suggest.write(session, context, suggest.compare(comparison), suggest.model_version())
    repository.use_preselected()


def _map_by_file(repository: FilesRepository, mapping: Iterable[MappingRow], connections: Mapping[str, int]) -> None:
    accounts, clients = repository.accounts(), repository.clients()
    repository.map_accounts(
        {
            accounts[connections[fold(row.integration)], row.account_id]: clients[row.client_id]
            if row.client_id
            else None
            for row in mapping
        }
    )


def _infer(session: Session, context: Context) -> list[RuleSpec]:
    """Every inferred rule at or above the preselect threshold, by name."""
    threshold = service_rules.preselect_threshold(session, context)
    inferred = service_rules.infer(session, context)
    return sorted((each.spec for each in inferred if each.confidence >= threshold), key=lambda spec: spec.name)


def _unknown_integrations(inputs: Inputs, rules: Iterable[RuleSpec], connections: Mapping[str, int]) -> Iterator[str]:
    for spec in rules:
        if spec.integration and fold(spec.integration) not in connections:
            file = inputs.rules.name if inputs.rules else "rules"
            text = f"The rule {spec.name!r} counts in {spec.integration!r}, which is not in {inputs.seats.name}."
            yield str(Problem(file, text, "Check the spelling; until then its lines have no usage source."))
