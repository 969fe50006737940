"""`rcx bench`: RCX against its budgets (docs/benchmarks.md), each measured beside a reference in the same run."""

from __future__ import annotations

import json

import click

from rcx_app.commands.benches.measured import Measured, machine, peak_mib

_MATCH_BUDGET = 3.0
_json = click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
_repeats = click.option(
    "--repeats", type=click.IntRange(1, 20), default=3, show_default=True, help="Runs; the shortest counts."
)


@click.group()
def bench() -> None:
    """Measure against the budgets."""


@bench.command()
@click.option(
    "--n", "count", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True, help="Names a side."
)
@_json
def match(count: int, as_json: bool) -> None:
    """Matching of names: block, score, calibrate, assign, explain."""
    from matching import bench as measured

    numbers = measured.run(count)
    told = Measured(
        name="match",
        size=f"{count:,} x {count:,} names",
        ours_s=numbers["pipeline_seconds"],
        reference="TF-IDF over character 3-grams and sparse_dot_topn top-10: no scores, no choice, no reasons",
        reference_s=numbers["reference_seconds"],
        budget=_MATCH_BUDGET,
        detail={
            "first_candidate_right": numbers["pipeline_top1"],
            "first_candidate_right_in_the_reference": numbers["reference_top1"],
            "suggested": numbers["suggested"],
            "preselected": numbers["preselected"],
            "peak_memory_mib": peak_mib(),
            "machine": machine(),
        },
    )
    _tell(told, as_json)


@bench.command()
@click.option("--n", "seats", type=click.IntRange(100), default=500_000, show_default=True, help="Seats.")
@click.option("--clients", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--lines", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--rules", type=click.IntRange(8), default=300, show_default=True)
@_repeats
@_json
def reconcile(seats: int, clients: int, lines: int, rules: int, repeats: int, as_json: bool) -> None:
    """A full run and that of one client; on PostgreSQL where RCX_DATABASE_URL names an empty one."""
    from rcx_app.commands.benches import reconcile as measured
    from rcx_app.commands.benches.estate import Size

    _tell(measured.run(Size(seats, clients, lines, rules), repeats), as_json)


@bench.command()
@click.argument("connectors", nargs=-1, metavar="[CONNECTOR]...")
@click.option("--n", "seats", type=click.IntRange(5), default=50_000, show_default=True, help="Seats, about.")
@click.option("--clients", type=click.IntRange(5), default=200, show_default=True)
@_json
def sync(connectors: tuple[str, ...], seats: int, clients: int, as_json: bool) -> None:
    """A whole MSP read from the sandbox, the vendors' rate limits in force; on PostgreSQL as above."""
    from rcx_app.commands.benches import sync as measured

    _tell(measured.run(clients, seats, connectors), as_json)


def _tell(measured: Measured, as_json: bool) -> None:
    click.echo(json.dumps(measured.plain(), indent=2) if as_json else "\n".join(measured.lines()))
