"""`rcx sandbox`: a made MSP behind the vendors' own APIs on this machine, to try RCX and connectors on."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import click

from rcx_app.commands.places import check_port

SEED = 7


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=9100, show_default=True, help="Port to listen on.")
@click.option("--clients", type=click.IntRange(5, 2000), default=60, show_default=True, help="Clients of the MSP.")
@click.option("--seats", type=click.IntRange(5, 1_000_000), default=3000, show_default=True, help="Seats, about.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed is another world.")
@click.option("--days", type=click.IntRange(0, 730), default=0, help="Days that have passed since it was in order.")
@click.option("--limits", is_flag=True, help="Refuse what exceeds the vendors' rate limits, as they do.")
@click.option("--json", "as_json", is_flag=True, help="Print hosts and credentials as JSON and end.")
def sandbox(host: str, port: int, clients: int, seats: int, seed: int, days: int, limits: bool, as_json: bool) -> None:
    """Serve the sandbox until Ctrl-C. Set RCX_SANDBOX_URL to its address, then connections may use it.

    It stands in for every vendor at once and looks at the Host header to know which. GET /_sandbox shows hosts and
    credentials; POST /_sandbox/faults plans a fault, POST /_sandbox/days lets days pass.
    """
    from connectors.sandbox.estate import build
    from connectors.sandbox.estate.living.advance import advance
    from connectors.sandbox.estate.town import Town
    from connectors.sandbox.server.sandbox import Sandbox
    from connectors.sandbox.server.serve import serve

    if seats < clients:
        raise click.UsageError("--seats can't be fewer than --clients.")
    town = Town(build(seed, clients, seats, as_of=datetime.now(UTC).date()))
    advance(town, days)
    made = Sandbox(town, enforces_limits=limits)
    if as_json:
        shown = {name: {"hosts": server.hosts, "settings": server.settings} for name, server in made.servers.items()}
        click.echo(json.dumps(shown, indent=2, sort_keys=True))
        return
    check_port(host, port)
    address = f"http://{host}:{port}"
    click.echo(f"The sandbox serves {len(made.servers)} vendors with {clients} clients at {address}", err=True)
    sys.stderr.flush()
    serve(made, host, port)
