"""`rcx doctor` names what is wrong and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from rcx_app import cli
from rcx_app.core.settings import settings
from tests.conftest import World


def findings(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, dict[str, Any]]:
    assert cli.run(["doctor", "--json"]) == code
    return {finding["part"]: finding for finding in json.loads(capsys.readouterr().out)}


def test_a_sound_installation_is_well(world: World, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys, 0)
    assert {"settings", "packages", "data", "key", "database", "redis", "node", "pages"} == set(found)
    assert all(finding["is_well"] for finding in found.values())
    assert redis_url not in str(found)


def test_a_database_that_was_never_migrated_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor"]) == 1
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("WRONG"))
    assert "rcx migrate" in line


def test_a_redis_that_is_down_and_a_key_that_is_none_are_wrong(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("RCX_SECRET_KEYS", "hunter2")
    settings.cache_clear()
    found = findings(capsys, 1)
    assert {part for part, finding in found.items() if not finding["is_well"]} == {"redis", "key"}
    assert "hunter2" not in str(found)


def test_a_data_folder_that_is_a_file_is_wrong(
    tmp_path: Path, sqlite_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RCX_VAR_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("RCX_SECRET_KEYS", Fernet.generate_key().decode())
    settings.cache_clear()
    found = findings(capsys, 1)
    assert not found["data"]["is_well"]
    assert "RCX_VAR_DIR" in found["data"]["detail"]


def test_a_new_key_is_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--new-key"]) == 0
    Fernet(capsys.readouterr().out.strip())
