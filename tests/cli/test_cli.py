"""The contract of the command line: help, exit codes, one clear line for every error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rcx_app import cli
from rcx_app.core.errors import Invalid, Unavailable
from tests.conftest import ROOT


def raise_by(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `rcx migrate` end with `error`."""

    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr("rcx_app.commands.migrate.migrate", failing)


def rcx(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rcx_app.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"Usage: rcx {command}")
    assert "--debug" in out
    assert err == ""


def test_the_list_of_commands_imports_none_of_them(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom rcx_app import cli\ncli.run(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('rcx_app.commands.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["no-such-command"], ["migrate", "--no-such-option"], ["web", "--port", "0"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: rcx" in err


def test_a_known_error_is_told_with_its_remedy_and_its_places(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = ["seats.csv row 3, column quantity: not a number"]
    raise_by(monkeypatch, Invalid("The file can't be read.", remedy="Correct it.", problems=problems))
    assert cli.run(["migrate"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"Error: The file can't be read. Correct it.\n  {problems[0]}\n"


def test_a_fault_of_ours_is_told_by_a_reference_and_its_trace_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir()
    raise_by(monkeypatch, KeyError("the trace says so"))
    assert cli.run(["migrate"]) == 1
    err = capsys.readouterr().err
    assert "KeyError" in err
    assert "Traceback" not in err
    (kept,) = (tmp_path / "var" / "log").iterdir()
    assert kept.stem.removeprefix("error-") in err
    assert "the trace says so" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_trace_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RCX_DEBUG", "")
    raise_by(monkeypatch, Unavailable("It is away."))
    assert cli.run(["--debug", "migrate"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_a_person_who_stops_a_command_gets_one_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    raise_by(monkeypatch, error)
    assert cli.run(["migrate"]) == 1
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    done = rcx("doctor", cwd=tmp_path, RCX_PORT="hunter2")
    assert done.returncode == 1
    assert "RCX_PORT" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rcx_app.cli", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait() in (0, 1)
