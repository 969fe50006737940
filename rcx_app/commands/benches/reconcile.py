"""A full reconciliation against hand-written Polars programs over the same database."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from rcx_app.commands import migrate
from rcx_app.commands.benches import reconcile_reference as reference
from rcx_app.commands.benches.database import database
from rcx_app.commands.benches.estate import Size, build
from rcx_app.commands.benches.measured import Measured, best, least_cpu, machine, peak_mib, with_cpu_share
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, engine, keep_statistics, transaction
from rcx_app.domain.reconcile import service
from rcx_app.models import Finding, Flag

BUDGET = 1.5


def run(size: Size, repeats: int) -> Measured:
    """Builds the estate in the settings' database if that is PostgreSQL (it must be empty), else in a new SQLite."""
    with database() as kind:
        migrate.to_head()
        with transaction(None) as session:
            context = build(session, size)
        _settle()
        first_s, _ = best(lambda: _ours(context), 1)
        ours_s, share = with_cpu_share(lambda: best(lambda: _ours(context), repeats)[0])
        compute_s, _ = best(lambda: _compute(context), repeats)
        client_s, _ = best(lambda: _compute(context, [size.clients // 2 + 1]), max(repeats, 3))
        (reference_s, counts), reference_share = with_cpu_share(
            lambda: best(lambda: reference.counted(kind, size), max(repeats, 2))
        )
        compared_s, found = best(lambda: reference.compared(kind, size), max(repeats, 2))
        _check(context, counts, found, size)
        cpu = {
            "cpu_s": least_cpu(lambda: _ours(context), repeats),
            "reference_cpu_s": least_cpu(lambda: reference.counted(kind, size), repeats),
            "second_reference_cpu_s": least_cpu(lambda: reference.compared(kind, size), repeats),
            "one_client_cpu_s": least_cpu(lambda: _compute(context, [size.clients // 2 + 1]), max(repeats, 3)),
        }
    return Measured(
        name=f"reconcile, {kind}",
        size=str(size),
        ours_s=ours_s,
        reference=reference.COUNTED,
        reference_s=reference_s,
        budget=BUDGET,
        detail={
            "first_run_s": round(first_s, 3),
            "of_it_computing_s": round(compute_s, 3),
            "one_client_s": round(client_s, 4),
            "one_client_share": round(client_s / ours_s, 5),
            "second_reference": reference.COMPARED,
            "second_reference_s": round(compared_s, 3),
            "ratio_to_second": round(ours_s / compared_s, 3),
            **{name: round(spent, 4) for name, spent in cpu.items()},
            "cpu_share": share,
            "reference_cpu_share": reference_share,
            "load_average": round(os.getloadavg()[0], 1),
            "peak_memory_mib": peak_mib(),
            "machine": machine(),
        },
    )


def _settle() -> None:
    """The statistics that a workspace in use has: a full run's job keeps SQLite's, autovacuum PostgreSQL's."""
    if engine().dialect.name == "postgresql":
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    else:
        keep_statistics()
        dispose_engines()  # an open connection does not hear of them


def _compute(context: Context, clients: list[int] | None = None) -> service.Computed:
    with transaction(context, read_only=True) as session:
        return service.compute(session, context, clients=clients)


def _ours(context: Context) -> dict[str, Any]:
    computed = _compute(context)
    with transaction(context) as session:
        return service.store(session, context, computed)


def _check(context: Context, counts: dict[tuple[int, int], int], kinds: dict[str, int], size: Size) -> None:
    """A benchmark of wrong answers is worth nothing: every finding's count is the reference's, and so is how many
    findings and flags of each kind there are that the second one looks for."""
    with transaction(context, read_only=True) as session:
        found = session.exec(select(Finding).where(Finding.kind == "calculated")).all()
        stored = Counter(session.exec(select(Finding.kind))) + Counter(session.exec(select(Flag.kind)))
    wrong = [
        finding.fingerprint
        for finding in found
        if finding.system_count != counts.get((int(finding.product_code.removeprefix("P-")), finding.client_id or 0), 0)
    ]
    if wrong or not found:
        raise AssertionError(f"{len(wrong)} of {len(found)} counts differ from the reference for {size}")
    others = {name: (stored[name], number) for name, number in kinds.items() if stored[name] != number}
    if others:
        raise AssertionError(f"RCX and the second reference differ, (RCX, reference) by kind: {others} for {size}")
