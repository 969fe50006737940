"""`rcx connectors`: what can be connected."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from rcx_app.domain.integrations.catalogue import CatalogueEntry, entries

_HEADER = ("ID", "NAME", "SIDE", "STREAMS", "WRITES", "PROOF")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of each as JSON.")
def connectors(as_json: bool) -> None:
    """List the connectors: what they read, whether they write, and what they were held against.

    Streams marked with * are read by changes; the others whole, each time.
    """
    found = entries()
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found], indent=2, ensure_ascii=False))
        return
    rows = [_HEADER, *(_row(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(entry: CatalogueEntry) -> tuple[str, ...]:
    streams = " ".join(f"{each.name}{'*' if each.is_incremental else ''}" for each in entry.streams)
    return entry.id, entry.name, entry.side, streams, "yes" if entry.can_write else "no", entry.proof


def _plain(entry: CatalogueEntry) -> dict[str, Any]:
    return asdict(entry)
