"""Writes the output folder: all files are made beside it first, and put in place only when every one is complete."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile.files.schemas import Tables
from rcx_app.domain.reconcile.files.tables import COLUMNS


def check(out: Path) -> None:
    """Raises Invalid where nothing could be written to `out`, before any work is done."""
    if out.exists() and not out.is_dir():
        raise Invalid(f"{out} is a file, not a folder.", remedy="Name a folder with --out.")
    if not out.absolute().parent.is_dir():
        raise Invalid(f"The folder {out.parent} does not exist.", remedy="Create it first.")
    shutil.rmtree(_stage(out.absolute()), ignore_errors=True)


def write(out: Path, tables: Tables, rules: str, summary: dict[str, Any]) -> None:
    """Write all outputs. A new folder appears complete or not at all; in an existing one files are replaced whole."""
    target = out.absolute()
    stage = _stage(target)
    try:
        for name, header in COLUMNS.items():
            _write_csv(stage / f"{name}.csv", header, getattr(tables, name))
        (stage / "rules.yaml").write_text(rules, encoding="utf-8", newline="\n")
        text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
        (stage / "summary.json").write_text(text, encoding="utf-8", newline="\n")
        if not target.exists():
            stage.chmod(0o755)
            stage.rename(target)
            return
        for file in sorted(stage.iterdir()):
            file.replace(target / file.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _stage(target: Path) -> Path:
    """A new folder beside `target`, where renaming into place is one step. Raises Invalid where none can be made."""
    try:
        return Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise Invalid(
            f"Nothing can be written to {target.parent} ({error.strerror}).", remedy="Name another folder with --out."
        ) from error


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
