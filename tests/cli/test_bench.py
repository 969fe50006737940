"""The benchmarks run, agree with their reference, and give their numbers."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from connectors.connector import Budget, Limits
from rcx_app import cli
from rcx_app.commands import migrate
from rcx_app.commands.benches.sync import allowed
from rcx_app.core.settings import settings
from tests.conftest import World

SMALL = ["--n", "800", "--clients", "10", "--lines", "100", "--rules", "24", "--repeats", "1"]


def test_match_gives_its_ratio_and_its_quality(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Before each timing: among thousands of tests that takes longer than what is timed.
    monkeypatch.setattr("matching.benches.speed.gc", SimpleNamespace(collect=lambda: 0))
    assert cli.run(["bench", "match", "--n", "200", "--lists", "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ratio"] == pytest.approx(told["ours_s"] / told["reference_s"], rel=0.01)
    assert told["first_candidate_right"] > 0.9
    assert told["machine"]


def test_reconcile_counts_what_the_reference_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "reconcile", *SMALL, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "reconcile, SQLite"
    assert told["ratio"] > 0
    assert told["one_client_s"] > 0
    assert told["cpu_share"] > 0
    # Told in whole milliseconds, of which so small an estate takes few.
    assert told["ratio_to_second"] == pytest.approx(told["ours_s"] / told["second_reference_s"], rel=0.2)
    # By the processor: by the clock, a busy machine decides which of two short works is longer.
    assert told["cpu_s"] > told["one_client_cpu_s"] > 0


def test_reconcile_on_postgresql_wants_an_empty_database(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["bench", "reconcile", *SMALL]) == 1
    assert "not empty" in capsys.readouterr().err


def test_reconcile_runs_on_an_empty_postgresql(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RCX_DATABASE_URL", empty_postgres)
    settings.cache_clear()
    assert cli.run(["--debug", "bench", "reconcile", *SMALL]) == 0
    assert "reconcile, PostgreSQL" in capsys.readouterr().out
    assert migrate.current() == migrate.head()


@pytest.mark.browser
def test_ui_times_every_act_in_a_browser(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--debug", "bench", "ui", "--n", "200", "--repeats", "1", "--json"]) == 0
    said = capsys.readouterr().out
    told = json.loads(said[said.index("{") :])
    assert told["bare_event_ms"] > 0
    acts = (
        "list",
        "filter",
        "sort",
        "next page",
        "first load",
        "by client",
        "by service",
        "flagged",
        "overview",
        "reports",
    )
    for act in acts:
        assert told[act]["median_ms"] > 0
        assert told[act]["said"] > 1000, "rows came over the socket"
        assert told[act]["within_budget"] == (told[act]["ratio"] <= told[act]["budget"])


def test_ui_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert cli.run(["bench", "ui", "--n", "400"]) == 1
    said = capsys.readouterr().err
    assert "Playwright, which is not installed" in said
    assert "make dev" in said


def test_sync_reads_everything_and_an_unchanged_one_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--debug", "bench", "sync", "pax8", "proofpoint", "--n", "100", "--clients", "6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows_written_by_an_unchanged_sync"] == 0
    assert told["pax8"]["rows"] > 0
    assert told["pax8"]["requests"] >= len(["token", "accounts", "skus", "seats", "subscriptions", "charges"])
    assert told["ratio"] > 0


def test_limits_allow_one_full_window_at_a_time() -> None:
    """Sixty a minute: the 61st request must wait for the second minute, the 121st for the third."""
    limits = Limits(budgets=(Budget(requests=60, seconds=60), Budget(requests=1000, seconds=3600)))
    assert [allowed(limits, number) for number in (1, 60, 61, 120, 121)] == [0, 0, 60, 60, 120]
    assert allowed(limits, 1001) == 3600
    assert allowed(Limits(), 10_000) == 0


def test_a_bench_of_no_connector_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "sync", "nobody"]) == 1
    assert "no connector nobody" in capsys.readouterr().err
