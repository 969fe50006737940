"""`rcx bench`: RCX against its budgets (docs/benchmarks.md), each measured beside a reference in the same run."""

from __future__ import annotations

import json

import click

from rcx_app.commands.benches.measured import Measured

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
@click.option(
    "--lists",
    type=click.IntRange(0, 20),
    default=3,
    show_default=True,
    help="Labelled lists of each kind; 0: time only.",
)
@click.option("--clients", type=click.IntRange(5, 2_000), default=300, show_default=True, help="Clients of an estate.")
@click.option("--peer", type=click.Choice(["splink"]), help="Install this peer where it is missing, and compare.")
@_json
def match(count: int, lists: int, clients: int, peer: str | None, as_json: bool) -> None:
    """Matching beside other ways: time on many names, accuracy on labelled lists and on planted estates."""
    from matching.benches.peer import PeerError
    from rcx_app.commands.benches import matching as measured
    from rcx_app.core.errors import Invalid
    from rcx_app.core.settings import settings

    def tell(stage: str) -> None:
        click.echo(f"... {stage}", err=True)

    try:
        other = measured.find_peer(settings().var_dir.resolve() / "peers", bool(peer), tell) if lists else None
        tell("speed")
        told = measured.run_speed(count)
        found = measured.run_accuracy(lists, clients, other, tell) if lists else {}
    except PeerError as error:
        raise Invalid(f"The peer does not run: {error}.") from error
    if as_json:
        click.echo(json.dumps(measured.plain(told, found, other), indent=2))
    else:
        click.echo("\n".join(measured.lines(told, found, other)))


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


@bench.command()
@click.option("--n", "findings", type=click.IntRange(200), default=100_000, show_default=True, help="Findings.")
@click.option("--repeats", type=click.IntRange(1, 50), default=9, show_default=True, help="Times; their median counts.")
@_json
def ui(findings: int, repeats: int, as_json: bool) -> None:
    """Pages in a real browser over many findings, beside a bare event and an empty page. Needs Chromium."""
    from rcx_app.commands.benches import ui as measured

    told = measured.run(findings, repeats)
    click.echo(json.dumps(told.plain(), indent=2) if as_json else "\n".join(told.lines()))


def _tell(measured: Measured, as_json: bool) -> None:
    click.echo(json.dumps(measured.plain(), indent=2) if as_json else "\n".join(measured.lines()))
