"""`rcx migrate` brings an empty database to this version, again and again, and says what is wrong with an address."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

from rcx_app import cli
from rcx_app.commands import migrate
from rcx_app.core.db import engine
from rcx_app.core.settings import settings
from tests.conftest import World


def test_an_empty_data_folder_gets_its_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrate"]) == 0
    assert migrate.current() == migrate.head() != ""
    assert "job_run" in inspect(engine()).get_table_names()
    assert cli.run(["migrate"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Migrated from nothing")
    assert second == f"The database is at {migrate.head()}."


def test_a_migrated_database_is_left_as_it_is(world: World) -> None:
    assert migrate.to_head() == (migrate.head(), migrate.head())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/x", "does not answer"),
        ("nonsense", "not the address"),
        ("x://y", "not the"),
    ],
)
def test_an_address_without_a_database_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, says: str
) -> None:
    monkeypatch.setenv("RCX_DATABASE_URL", url)
    settings.cache_clear()
    assert cli.run(["migrate"]) == 1
    err = capsys.readouterr().err
    assert says in err
    assert "hunter2" not in err
