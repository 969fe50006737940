"""`rcx match`: suggestions from two files, as `docs/files.md` describes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcx_app.core.errors import Invalid

if TYPE_CHECKING:
    from matching.types import Suggestion

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("left", type=_FILE)
@click.argument("right", type=_FILE)
@click.option(
    "--kind",
    type=click.Choice(["client", "service"]),
    default="client",
    show_default=True,
    help="What the records are.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout.")
@click.option(
    "--top", type=click.IntRange(1, 100), default=1, show_default=True, help="Candidates for each left record."
)
def match(left: Path, right: Path, kind: str, out: Path | None, top: int) -> None:
    """Suggest for each record of LEFT its counterpart in RIGHT (CSV or XLSX with the columns id and name).

    Writes left_id, right_id, confidence, verdict and reasons; the verdict is preselect, suggest or none.
    """
    # Imported here: reading the model takes longer than telling the usage.
    from matching import files

    if out is not None and not out.absolute().parent.is_dir():
        raise Invalid(f"There is no folder {out.absolute().parent}.", remedy="Make it, or choose another --out.")
    try:
        suggestions = _services(left, right, top) if kind == "service" else _clients(left, right, top)
    except files.FileError as error:
        raise Invalid(f"{error}.") from error
    if out is None:
        files.write_suggestions(sys.stdout, suggestions, top)
        return
    partial = out.with_name(out.name + ".part")
    files.write_suggestions(partial, suggestions, top)
    partial.replace(out)
    found = sum(suggestion.verdict != "none" for suggestion in suggestions)
    click.echo(f"{found} of {len(suggestions)} records have a suggestion, written to {out}", err=True)


def _clients(left: Path, right: Path, top: int) -> list[Suggestion]:
    from matching import engine, files

    with _progress() as tell:
        return engine.match(files.read_parties(left), files.read_parties(right), top_n=top, progress=tell)


def _services(left: Path, right: Path, top: int) -> list[Suggestion]:
    from matching import files
    from matching.services import engine

    with _progress() as tell:
        return engine.match_services(files.read_services(left), files.read_services(right), top_n=top, progress=tell)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr where a person watches."""
    with click.progressbar(length=100, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def tell(stage: str, share: float) -> None:
            bar.label = stage
            bar.update(round(share * 100) - bar.pos)

        yield tell
