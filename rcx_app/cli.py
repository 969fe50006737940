"""The `rcx` command: finds the command's file only when it is called, and turns every error into one clear line.

Exit codes: 0 done, 1 failed, 2 wrong usage. Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import os
import secrets
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
from pydantic import ValidationError

from rcx_app.core.errors import Invalid, RcxError

COMMANDS = {
    "up": ("rcx_app.commands.up:up", "Run everything on this machine."),
    "web": ("rcx_app.commands.web:web", "Run the web server."),
    "worker": ("rcx_app.commands.worker:worker", "Run a worker for background jobs."),
    "beat": ("rcx_app.commands.worker:beat", "Run the clock that starts scheduled work."),
    "migrate": ("rcx_app.commands.migrate:migrate", "Bring the database to this version."),
    "doctor": ("rcx_app.commands.doctor:doctor", "Check this installation."),
    "connectors": ("rcx_app.commands.connectors:connectors", "List what can be connected."),
    "sync": ("rcx_app.commands.sync:sync", "Read connections now."),
    "match": ("rcx_app.commands.match:match", "Match the records of two files."),
    "reconcile": ("rcx_app.commands.reconcile:reconcile", "Reconcile files, without a server."),
    "sandbox": ("rcx_app.commands.sandbox:sandbox", "Serve a made MSP behind the vendors' own APIs."),
    "bench": ("rcx_app.commands.bench:bench", "Measure against the budgets."),
    "mail-in": ("rcx_app.commands.mail_in:mail_in", "Take one mail from stdin into its ticket."),
    "staff": ("rcx_app.commands.staff:staff", "Say who works for the company that runs RCX."),
    "people": ("rcx_app.commands.people:people", "Help people back into their accounts."),
    "demo": ("rcx_app.commands.demo:demo", "Build the demo workspace and print a link that signs in."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are used; each of them knows `--debug`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if not any(parameter.name == "debug" for parameter in command.params):
            command.params.append(_debug_option())
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, is_eager=True, callback=_debug, help="Show the trace of errors."
    )


def _debug(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        os.environ["RCX_DEBUG"] = "1"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rcx", prog_name="rcx")
def cli() -> None:
    """Reconcile what a managed service provider bills with what its clients use."""


cli.params.append(_debug_option())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    try:
        result = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="rcx", standalone_mode=False
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return 2 if isinstance(error, click.UsageError) else 1
    except (click.Abort, KeyboardInterrupt):
        return _say("Stopped.")
    except BrokenPipeError:
        # The reader of our output has gone; let the interpreter flush into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RcxError as error:
        return _known(error)
    except ValidationError as error:
        return _settings(error)
    except Exception as error:
        return _unexpected(error)


def _say(*lines: str) -> int:
    for line in lines:
        click.echo(line, err=True)
    return 1


def _known(error: RcxError) -> int:
    if os.environ.get("RCX_DEBUG"):
        traceback.print_exception(error)
    # A message may hold its problems itself; nothing is said twice.
    problems = [each for each in error.problems if each not in str(error)] if isinstance(error, Invalid) else []
    return _say(f"Error: {error}", *(f"  {problem}" for problem in problems))


def _settings(error: ValidationError) -> int:
    """Settings that can't be read name their variable, never their value (it may be a secret)."""
    if error.title != "Settings":
        return _unexpected(error)
    names = {str(problem["loc"][0]) if problem["loc"] else "": problem["msg"] for problem in error.errors()}
    return _say(
        *(f"Error: The setting {_variable(name)} is wrong: {message}." for name, message in names.items()),
        "Correct it in the environment or in .env; .env.example explains each setting.",
    )


def _variable(name: str) -> str:
    return name.upper() if name.upper() == "REDIS_URL" else f"RCX_{name.upper()}"


def _unexpected(error: Exception) -> int:
    if os.environ.get("RCX_DEBUG"):
        traceback.print_exception(error)
        return 1
    reference = secrets.token_hex(4)
    kept = _keep(error, reference)
    return _say(
        f"Error: Something went wrong on our side ({type(error).__name__}, reference {reference}).",
        f"The trace is in {kept}." if kept else "Run it again with --debug to see the trace.",
    )


def _keep(error: Exception, reference: str) -> Path | None:
    """Write the trace where the operator finds it by its reference; None where that is not possible."""
    folder = Path(os.environ.get("RCX_VAR_DIR", "var"))
    if not folder.is_dir():
        return None
    path = folder / "log" / f"error-{reference}.txt"
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(traceback.format_exception(error)))
    except OSError:
        return None
    return path


if __name__ == "__main__":
    main()
