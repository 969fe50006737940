"""SQLite's statistics: kept on request, never waited for, nothing to PostgreSQL."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, text

from rcx_app.core import clock, db
from rcx_app.core.db import keep_statistics, transaction
from rcx_app.models import Finding
from tests.conftest import World

_SERIES = ", ".join(f"'s{number}'" for number in range(50))
_ASKED = (
    "EXPLAIN QUERY PLAN SELECT id FROM finding "
    f"WHERE workspace_id = 1 AND period IN ('2026-10-01', '2026-11-01') AND series IN ({_SERIES})"
)


def _fill(world: World) -> None:
    day, at = date(2026, 11, 1), clock.now()
    rows = [
        {
            "workspace_id": world.ours.workspace_id, "created_at": at, "period": day, "as_of": day, "scope": "group",
            "fingerprint": f"f{number}", "series": f"s{number}", "kind": "calculated", "billed_quantity": 1,
            "system_count": 1, "sort_amount": 1, "sort_delta": 1, "first_found_at": at, "changed_at": at,
        }
        for number in range(500)
    ]  # fmt: skip
    with transaction(world.ours) as session:
        session.execute(insert(Finding), rows)


def test_with_them_a_few_series_are_looked_up_and_not_a_whole_month_read(sqlite_world: World) -> None:
    _fill(sqlite_world)
    keep_statistics()
    db.dispose_engines()
    with transaction(None, read_only=True) as session:
        plan = " ".join(row[-1] for row in session.execute(text(_ASKED)))
    assert "ix_finding_workspace_id_series_period" in plan


def test_who_writes_at_that_moment_is_not_disturbed(sqlite_world: World) -> None:
    _fill(sqlite_world)
    with transaction(sqlite_world.ours):
        keep_statistics()
    with transaction(None, read_only=True) as session:
        kept = session.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")).scalar_one()
    assert kept == 0


def test_postgresql_looks_by_itself(postgres_world: World) -> None:
    asked = "SELECT count(*) FROM pg_stat_user_tables WHERE analyze_count > 0"
    keep_statistics()
    with transaction(postgres_world.ours, read_only=True) as session:
        assert session.execute(text(asked)).scalar_one() == 0
