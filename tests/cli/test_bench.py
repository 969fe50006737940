"""The benchmarks run, agree with their reference, and give their numbers."""

from __future__ import annotations

import json

import pytest

from rcx_app import cli
from rcx_app.commands import migrate
from rcx_app.core.settings import settings
from tests.conftest import World

SMALL = ["--n", "800", "--clients", "10", "--lines", "100", "--rules", "24", "--repeats", "1"]


def test_match_gives_its_ratio_and_its_quality(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "match", "--n", "200", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ratio"] == pytest.approx(told["ours_s"] / told["reference_s"], rel=0.01)
    assert told["first_candidate_right"] > 0.9
    assert told["machine"]


def test_reconcile_counts_what_the_reference_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "reconcile", *SMALL, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "reconcile, SQLite"
    assert told["ratio"] > 0
    assert told["one_client_s"] < told["ours_s"]


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
