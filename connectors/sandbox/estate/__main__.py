"""Command line of the estate: writes its files into a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from connectors.sandbox.estate import Town, advance, build, write_files, write_rcx_files


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the vendor files to --out and, with --rcx, RCX's own formats to --out/rcx. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.sandbox.estate", description="Write the sandbox estate as export files."
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--seats", type=int, default=3000)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="the day of building, YYYY-MM-DD")
    parser.add_argument("--days", type=int, default=0, help="let so many days pass after --as-of before writing")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rcx", action="store_true", help="also write lines.csv, seats.csv and so on to OUT/rcx")
    given = parser.parse_args(arguments)
    try:
        estate = build(given.seed, given.clients, given.seats, as_of=given.as_of)
        advance(Town(estate), given.days)
    except ValueError as error:
        parser.error(str(error))
    written = write_files(estate, given.out)
    if given.rcx:
        written += write_rcx_files(estate, given.out / "rcx")
    for file in written:
        print(f"{file.rows:>8}  {file.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
