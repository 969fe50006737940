"""What RCX's reconciliation is measured against: two hand-written Polars programs over the rows of the same database.

`counted` only counts, as the budget names it. `compared` comes nearer to a run's work: it holds the counts against the
lines and finds what no rule takes, unusual prices, and silent, doubled and cancelled seats. It gives bare rows, with no
words, no history and nothing stored, and knows this estate only (plain rules, one account a client and integration).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rcx_app.commands.benches.estate import RECENT_DAYS, Kind, Size
from rcx_app.core import clock
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

COUNTED = "rows read by ADBC, counted by one Polars query; no comparison, no findings, no flags"
COMPARED = "the same, compared with lines, and the flags on prices and seats as bare rows; no words, nothing stored"
_SEATS = "SELECT account_id, sku_key, identity_key, status, last_seen_at FROM seat WHERE removed_at IS NULL"
_NAMED_SEATS = (
    "SELECT id, account_id, sku_key, sku, sku_name, identity_key, kind, display_name, status, last_seen_at "
    "FROM seat WHERE removed_at IS NULL"
)
_ACCOUNTS = (
    "SELECT a.id AS account_id, a.connection_id, m.client_id FROM account a JOIN account_mapping m "
    "ON m.account_id = a.id WHERE m.state = 'mapped'"
)
_LINES = "SELECT id, client_id, product_key, quantity, unit_price, currency FROM line WHERE removed_at IS NULL"
_SILENT_DAYS = 30
"""As a new workspace has it."""
_CANCELLED_DAYS = 30
_LEAST_CLIENTS = 5


def counted(kind: str, size: Size) -> dict[tuple[int, int], int]:
    """Counts by (rule number, client)."""
    found = _counts(_read(kind, _SEATS), _read(kind, _ACCOUNTS), size).collect()
    return {(rule, client): count for rule, client, count in found.iter_rows()}


def compared(kind: str, size: Size) -> dict[str, int]:
    """How many findings and flags of each kind there are; every one of them has been a row."""
    import polars as pl

    seats, accounts, lines = (_read(kind, query) for query in (_NAMED_SEATS, _ACCOUNTS, _LINES))
    counts = _counts(seats, accounts, size).collect()
    rules = _rules(accounts, size)
    found = {"calculated": _differing(lines, rules, counts), "unmapped": _unbilled(lines, rules, counts)}
    owned = seats.lazy().join(accounts.lazy(), on="account_id")
    live = owned.filter(pl.col("status") != "deleted")
    same = ["client_id", "connection_id", "identity_key", "kind", "sku_key"]
    seen = pl.col("last_seen_at")
    rows = {
        "unaccounted": live.join(rules.lazy(), on=["connection_id", "sku_key"], how="left")
        .filter(pl.col("rule").is_null() | (pl.col("recent") & ~_since(seats, RECENT_DAYS)))
        .group_by("client_id", "sku_key")
        .agg(pl.col("sku").min(), pl.col("sku_name").min(), pl.len()),
        "inactive_seat": live.filter((pl.col("status") == "active") & ~_since(seats, _SILENT_DAYS))
        .group_by("client_id", "connection_id", "sku_key")
        .agg(pl.col("sku").min(), pl.len()),
        "duplicate_seat": live.filter(pl.len().over(same) > 1)
        .sort("account_id", "id")
        .filter(pl.int_range(pl.len()).over(same) > 0)
        .select("id", "client_id", "display_name", "sku"),
        "recently_cancelled": owned.filter(
            (pl.col("status") == "deleted") & seen.is_not_null() & _since(seats, _CANCELLED_DAYS)
        ).select("id", "client_id", "display_name", "sku"),
        "price_differs": lines.lazy()
        .with_columns(
            pl.col("unit_price").median().over("product_key", "currency").alias("median"),
            pl.col("client_id").n_unique().over("product_key", "currency").alias("clients"),
        )
        .filter(
            (pl.col("clients") >= _LEAST_CLIENTS)
            & ((pl.col("unit_price") - pl.col("median")).abs() * 5 > pl.col("median"))
        ),
    }
    return found | {name: frame.height for name, frame in zip(rows, pl.collect_all(list(rows.values())), strict=True)}


def _rules(accounts: Any, size: Size) -> Any:
    import polars as pl

    first = accounts["connection_id"].min()
    return pl.DataFrame(
        [
            {
                "rule": number,
                "product_key": f"p-{number}",
                "sku_key": each.sku,
                "connection_id": first + each.integration,
                "recent": each.is_recent_only,
                "distinct": each.is_distinct,
            }
            for number, each in ((number, Kind(number)) for number in range(size.rules))
        ]
    )


def _since(seats: Any, days: int) -> Any:
    """That a seat was seen within so many days; SQLite keeps times as text."""
    import polars as pl

    start = datetime.combine(clock.today() - timedelta(days=days), datetime.min.time(), UTC)
    is_text = seats.schema["last_seen_at"] == pl.String
    return pl.col("last_seen_at") >= (start.strftime("%Y-%m-%d %H:%M:%S") if is_text else start)


def _counts(seats: Any, accounts: Any, size: Size) -> Any:
    """(rule, client_id, count), not yet collected."""
    import polars as pl

    return (
        seats.lazy()
        .filter(pl.col("status") != "deleted")
        .join(accounts.lazy(), on="account_id")
        .join(_rules(accounts, size).lazy(), on=["connection_id", "sku_key"])
        .filter(~pl.col("recent") | _since(seats, RECENT_DAYS))
        .group_by("rule", "client_id")
        .agg(pl.len().alias("seats"), pl.col("identity_key").n_unique().alias("people"), pl.col("distinct").first())
        .select("rule", "client_id", pl.when("distinct").then("people").otherwise("seats").alias("count"))
    )


def _differing(lines: Any, rules: Any, counts: Any) -> int:
    """Lines that bill another quantity than their rule counts."""
    import polars as pl

    held = lines.join(rules, on="product_key").join(counts, on=["rule", "client_id"], how="left")
    delta = pl.col("count").fill_null(0).cast(pl.Int64) * 1_000_000 - pl.col("quantity")
    priced = held.with_columns(delta.alias("delta"), (delta * pl.col("unit_price") // 1_000_000).alias("amount"))
    return int(priced.filter(pl.col("delta") != 0).height)


def _unbilled(lines: Any, rules: Any, counts: Any) -> int:
    """What rules count where no line bills it."""
    billed = lines.join(rules, on="product_key").select("rule", "client_id")
    return int(counts.join(billed, on=["rule", "client_id"], how="anti").height)


def _read(kind: str, query: str) -> Any:
    try:
        import polars as pl

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
