"""`rcx reconcile`: a whole reconciliation from files, without a server or an account."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from connectors.errors import FileError
from rcx_app.core import clock
from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile.files.run import STEPS, run
from rcx_app.domain.reconcile.files.schemas import Inputs

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN_WARNINGS = 20
_SHOWN_PROBLEMS = 20


@click.command()
@click.option("--lines", type=_FILE, required=True, help="PSA lines, CSV or XLSX.")
@click.option("--seats", type=_FILE, required=True, help="Vendor usage, one row a seat, CSV or XLSX.")
@click.option("--mapping", type=_FILE, help="Which account is which client; without it, sure suggestions are used.")
@click.option("--rules", type=_FILE, help="Rules, YAML; without it, they are inferred.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to look at, YYYY-MM-DD; default today (UTC).")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
def reconcile(
    lines: Path, seats: Path, mapping: Path | None, rules: Path | None, as_of: datetime | None, out: Path
) -> None:
    """Compare billed lines with counted seats and write every discrepancy with the seats behind it.

    Writes discrepancies.csv, seats_counted.csv, unaccounted.csv, flags.csv, mapping.csv, rules.yaml and summary.json.
    """
    day = as_of.date() if as_of else clock.today()
    inputs = Inputs(lines=lines, seats=seats, mapping=mapping, rules=rules, out=out, day=day)
    with click.progressbar(length=STEPS, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def report(note: str, done: int, _total: int) -> None:
            bar.label = note
            bar.update(done - bar.pos)

        try:
            result = run(inputs, report)
        except FileError as error:
            raise _refused(error) from error
    for warning in result.warnings[:_SHOWN_WARNINGS]:
        click.echo(f"Warning: {warning}", err=True)
    if len(result.warnings) > _SHOWN_WARNINGS:
        click.echo(f"Warning: {len(result.warnings) - _SHOWN_WARNINGS} more of these.", err=True)
    findings = result.summary["findings"]
    click.echo(f"{findings['total']} findings written to {out / 'discrepancies.csv'}", err=True)


def _refused(error: FileError) -> Invalid:
    """One problem is the message itself; several are listed below it, each once."""
    problems = [str(each) for each in error.problems]
    if len(problems) == 1:
        return Invalid(problems[0])
    shown, more = problems[:_SHOWN_PROBLEMS], len(problems) - _SHOWN_PROBLEMS
    file = error.problems[0].file
    return Invalid(
        f"{file} has {len(problems):,} problems; nothing was written.",
        problems=[*shown, f"... and {more:,} more of these."] if more > 0 else shown,
    )
