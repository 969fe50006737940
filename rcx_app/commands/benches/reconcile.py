"""A full reconciliation against one hand-written Polars query that only counts, over the same database."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from rcx_app.commands import migrate
from rcx_app.commands.benches.database import database
from rcx_app.commands.benches.estate import RECENT_DAYS, Kind, Size, build
from rcx_app.commands.benches.measured import Measured, best, machine, peak_mib, with_cpu_share
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import engine, transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.reconcile import service
from rcx_app.models import Finding

BUDGET = 1.5
REFERENCE = "rows read by ADBC, counted by one Polars query; no comparison, no findings, no flags"
_SEATS = "SELECT account_id, sku_key, identity_key, status, last_seen_at FROM seat WHERE removed_at IS NULL"
_ACCOUNTS = (
    "SELECT a.id AS account_id, a.connection_id, m.client_id FROM account a JOIN account_mapping m "
    "ON m.account_id = a.id WHERE m.state = 'mapped'"
)


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
            lambda: best(lambda: _reference(kind, size), max(repeats, 2))
        )
        _check(context, counts, size)
    return Measured(
        name=f"reconcile, {kind}",
        size=str(size),
        ours_s=ours_s,
        reference=REFERENCE,
        reference_s=reference_s,
        budget=BUDGET,
        detail={
            "first_run_s": round(first_s, 3),
            "of_it_computing_s": round(compute_s, 3),
            "one_client_s": round(client_s, 4),
            "one_client_share": round(client_s / ours_s, 5),
            "cpu_share": share,
            "reference_cpu_share": reference_share,
            "load_average": round(os.getloadavg()[0], 1),
            "peak_memory_mib": peak_mib(),
            "machine": machine(),
        },
    )


def _settle() -> None:
    """What autovacuum does after a large import; without it PostgreSQL's plans know nothing of the tables' sizes."""
    if engine().dialect.name == "postgresql":
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _compute(context: Context, clients: list[int] | None = None) -> service.Computed:
    with transaction(context, read_only=True) as session:
        return service.compute(session, context, clients=clients)


def _ours(context: Context) -> dict[str, Any]:
    computed = _compute(context)
    with transaction(context) as session:
        return service.store(session, context, computed)


def _reference(kind: str, size: Size) -> dict[tuple[int, int], int]:
    """Counts by (rule number, client)."""
    try:
        import polars as pl
    except ImportError as error:
        raise Unavailable("The reference needs Polars and ADBC.", remedy="Run `make dev`.") from error
    seats, accounts = (_read(kind, query) for query in (_SEATS, _ACCOUNTS))
    first = accounts["connection_id"].min()
    rules = pl.DataFrame(
        [
            {
                "rule": number,
                "sku_key": each.sku,
                "connection_id": first + each.integration,
                "recent": each.is_recent_only,
                "distinct": each.is_distinct,
            }
            for number, each in ((number, Kind(number)) for number in range(size.rules))
        ]
    )
    start = datetime.combine(clock.today() - timedelta(days=RECENT_DAYS), datetime.min.time(), UTC)
    seen = pl.col("last_seen_at")
    is_recent = seen >= (start if seats.schema["last_seen_at"] != pl.String else start.strftime("%Y-%m-%d %H:%M:%S"))
    counted = (
        seats.lazy()
        .filter(pl.col("status") != "deleted")
        .join(accounts.lazy(), on="account_id")
        .join(rules.lazy(), on=["connection_id", "sku_key"])
        .filter(~pl.col("recent") | is_recent)
        .group_by("rule", "client_id")
        .agg(pl.len().alias("seats"), pl.col("identity_key").n_unique().alias("people"), pl.col("distinct").first())
        .select("rule", "client_id", pl.when("distinct").then("people").otherwise("seats").alias("count"))
        .collect()
    )
    return {(rule, client): count for rule, client, count in counted.iter_rows()}


def _read(kind: str, query: str) -> Any:
    import polars as pl

    try:
        if kind == "SQLite":
            from adbc_driver_sqlite import dbapi as sqlite

            opened = sqlite.connect(settings().sqlalchemy_url.removeprefix("sqlite:///"))
        else:
            from adbc_driver_postgresql import dbapi as postgresql

            opened = postgresql.connect(settings().sqlalchemy_url.replace("postgresql+psycopg", "postgresql"))
    except ImportError as error:
        raise Unavailable("The reference needs Polars and ADBC.", remedy="Run `make dev`.") from error
    with opened, opened.cursor() as cursor:
        if kind == "PostgreSQL":
            cursor.execute("SELECT set_config('rcx.workspace', 'system', false)")  # lift the fence between workspaces
        cursor.execute(query)
        return pl.from_arrow(cursor.fetch_arrow_table())


def _check(context: Context, counts: dict[tuple[int, int], int], size: Size) -> None:
    """A benchmark of wrong answers is worth nothing: every finding's count is the reference's."""
    with transaction(context, read_only=True) as session:
        found = session.exec(select(Finding).where(Finding.kind == "calculated")).all()
    wrong = [
        finding.fingerprint
        for finding in found
        if finding.system_count != counts.get((int(finding.product_code.removeprefix("P-")), finding.client_id or 0), 0)
    ]
    if wrong or not found:
        raise AssertionError(f"{len(wrong)} of {len(found)} counts differ from the reference for {size}")
