"""Runs a reconciliation and answers what a run found. See the package's docstring for the whole public API."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.context import Context
from rcx_app.core.db import keep_statistics, transaction
from rcx_app.core.text import fold
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.asking import request
from rcx_app.domain.reconcile.engine import Outcome, compare, most_common, read_facts
from rcx_app.domain.reconcile.findings import Draft, drafts
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.flagged.service import flags as all_flags
from rcx_app.domain.reconcile.included import within_plan
from rcx_app.domain.reconcile.repository import ReconcileRepository
from rcx_app.domain.reconcile.results.repository import ResultRepository
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.subscription import limits
from rcx_app.models import ReconcileRun

__all__ = ["Computed", "compute", "reconcile", "request", "run", "store"]
Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Computed:
    """A run's results before they are stored. `clients` None: a full run. `beyond`: clients that have no place."""

    outcome: Outcome
    findings: tuple[Draft, ...]
    flags: tuple[FlagDraft, ...]
    seats: dict[int, int]
    clients: tuple[int, ...] | None
    beyond: int = 0


def run(job: JobHandle) -> dict[str, Any]:
    """The work of a `reconcile.run` job. Reads without holding the write lock, then stores in one short transaction."""
    clients = job.args.get("clients")
    with transaction(job.context, read_only=True) as session:
        computed = compute(session, job.context, clients=clients, report=job.progress)
    with transaction(job.context) as session:
        result = store(session, job.context, computed, job_id=job.job_id)
        _follow_places(session, job.context, clients)
        # Each mapping that a person confirms says more about which product bills which usage.
        result["rules_suggested"] = service_rules.suggest(session, job.context)
        job.finish(session, result)
    if clients is None:
        keep_statistics()
    return result


def reconcile(
    session: Session, context: Context, *, clients: Sequence[int] | None = None, day: date | None = None
) -> dict[str, Any]:
    """Compute and store in the caller's transaction; returns the counts of what was stored."""
    return store(session, context, compute(session, context, clients=clients, day=day))


def compute(
    session: Session,
    context: Context,
    *,
    clients: Sequence[int] | None = None,
    day: date | None = None,
    report: Report | None = None,
    each_seat: bool = False,
) -> Computed:
    """Compare what is billed on `day` (default today) with what the rules in force count; writes nothing.

    `each_seat` flags inactive seats one by one, for files; stored flags gather them by client, integration and SKU.
    """
    tell = report or _silent
    with _without_collecting() if clients is None else nullcontext():
        return _compute(session, context, clients, day or clock.today(), tell, each_seat=each_seat)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A full run makes hundreds of thousands of small objects and hardly a cycle; looking took a third of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _compute(
    session: Session, context: Context, clients: Sequence[int] | None, on: date, tell: Report, *, each_seat: bool
) -> Computed:
    repository = ReconcileRepository(session, context)
    rules = service_rules.rules_in_force(session, context, on)
    connections = service_rules.connections_of(session, context, rules)
    tell(0, 4, "Counting seats")
    beyond = limits.left_out(session, context)
    facts = within_plan(read_facts(repository, rules, connections, on, clients), beyond)
    tell(1, 4, "Comparing with lines")
    outcome = compare(facts, only_findings=True)
    found = tuple(drafts(context.workspace_id, outcome))
    tell(2, 4, "Looking for flags")
    flags = tuple(all_flags(session, context, outcome, clients, each_seat=each_seat))
    seats = facts.census.seats_by_client() if facts.census else {}
    if beyond:
        flags = tuple(flag for flag in flags if flag.client_id not in beyond)
        seats = {client_id: number for client_id, number in seats.items() if client_id not in beyond}
    tell(3, 4, "Storing what was found")
    return Computed(outcome, found, flags, seats, None if clients is None else tuple(clients), len(beyond))


def store(session: Session, context: Context, computed: Computed, *, job_id: int | None = None) -> dict[str, Any]:
    """Make what stands in the database equal to `computed`, touching only what differs."""
    with _without_collecting() if computed.clients is None else nullcontext():
        return _store(session, context, computed, job_id)


def _store(session: Session, context: Context, computed: Computed, job_id: int | None) -> dict[str, Any]:
    repository = ResultRepository(session, context)
    day = computed.outcome.facts.day
    period, at = month_start(day), clock.now()
    counts = repository.store_findings(period, computed.findings, computed.clients, at)
    flags = repository.store_flags(period, computed.flags, computed.clients, at)
    repository.store_totals(period, _totals(computed), computed.clients, at)
    groups = [group for group in computed.outcome.groups if group.has_source]
    totals = {
        **counts,
        "findings": len(computed.findings),
        "flags": flags,
        "groups": len(groups),
        "agreeing": sum(not group.is_finding for group in groups),
        "hidden_accounts": computed.outcome.facts.hidden_accounts,
        "beyond_plan": computed.beyond,
        **computed.outcome.facts.hidden,
    }
    repository.add_run(
        ReconcileRun(
            workspace_id=context.workspace_id,
            job_id=job_id,
            as_of=day,
            scope="full" if computed.clients is None else "clients",
            totals=totals,
            finished_at=at,
        )
    )
    return totals


def _follow_places(session: Session, context: Context, clients: Sequence[int] | None) -> None:
    """Keep the places of the plan; who got one that this run did not look at is looked at next."""
    new = limits.admit(session, context)
    late = new - set(clients) if clients is not None else frozenset()
    if late:
        request(session, context, late)


def _silent(done: int, total: int, note: str) -> None:
    """Nobody watches."""
    del done, total, note


def _totals(computed: Computed) -> list[dict[str, Any]]:
    """A row of `client_total` for each client with lines or seats."""
    facts = computed.outcome.facts
    lines: dict[int, list[Any]] = defaultdict(list)
    for line in facts.active:
        lines[line.client_id].append(line)
    findings: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for draft in computed.findings:
        findings[draft.values["client_id"]].append(draft.values)
    flags: dict[int, int] = defaultdict(int)
    for flag in computed.flags:
        flags[flag.client_id or 0] += 1
    rows = []
    for client_id in sorted({*lines, *computed.seats, *findings} - {None}):
        client, own = facts.clients[client_id], findings[client_id]
        currency = most_common(line.currency for line in lines[client_id])
        net = [
            value["monthly_amount"]
            for value in own
            if value["kind"] == "calculated" and value["is_ready"] and value["currency"] == currency
        ]
        rows.append(
            {
                "client_id": client_id,
                "client_name": client.name,
                "client_key": fold(client.name),
                "seats": computed.seats.get(client_id, 0),
                "services": len({line.product_key for line in lines[client_id]}),
                "lines": len(lines[client_id]),
                "discrepancies": len(own),
                "flags": flags[client_id],
                "currency": currency,
                "billing_cycle": most_common(line.cycle for line in lines[client_id]),
                "net_amount": sum((amount for amount in net if amount is not None), exact(0)),
                "sums": _sums(own),
            }
        )
    return rows


def _sums(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Counts and monthly amounts by currency, kind, readiness and direction."""
    grouped: dict[tuple[str, str, bool, str], list[Any]] = defaultdict(list)
    for each in findings:
        key = (each["currency"], each["kind"], each["is_ready"], each["direction"])
        grouped[key].append(each["monthly_amount"] or exact(0))
    return [
        {
            "currency": currency,
            "kind": kind,
            "is_ready": is_ready,
            "direction": direction,
            "count": len(amounts),
            "amount": str(sum(amounts, exact(0))),
        }
        for (currency, kind, is_ready, direction), amounts in sorted(grouped.items())
    ]
