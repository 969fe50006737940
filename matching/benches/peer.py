"""A published peer, splink, in an environment of its own: installed on demand, called with CSV files, not imported."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matching.normalise import variants
from matching.places import postcode, street_number
from matching.side import prepare
from matching.simulate import Tenant
from matching.types import Party

SPLINK = "splink==5.0.0"
_SCRIPT = Path(__file__).with_name("splink_link.py")
COLUMNS = ("unique_id", "name", "postcode", "number", "domain", "city")


class PeerError(Exception):
    """The peer could not be installed or run. The message says what happened."""


@dataclass(frozen=True, slots=True)
class Peer:
    """splink under the Python of its own environment."""

    python: Path
    name: str = "splink 5.0"

    def link(self, tenants: Sequence[Tenant]) -> tuple[list[list[tuple[str, str, float]]], float]:
        """The best right record of each left one with its probability, and the seconds without starting Python."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for number, tenant in enumerate(tenants):
                (root / str(number)).mkdir()
                _write(root / str(number) / "left.csv", tenant.left)
                _write(root / str(number) / "right.csv", tenant.right)
            _run([str(self.python), str(_SCRIPT), folder, str(len(tenants))])
            seconds = float(json.loads((root / "seconds.json").read_text(encoding="utf-8")))
            return [_best(root / str(number) / "links.csv") for number in range(len(tenants))], seconds


def installed(home: Path) -> Peer | None:
    """The peer of an environment that is there already, or nothing."""
    python = home / "splink" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return Peer(python) if (home / "splink" / ".installed").exists() and python.exists() else None


def install(home: Path) -> Peer:
    """Make the environment and put splink into it, from the package index that pip is set to; raises `PeerError`."""
    venv.create(home / "splink", with_pip=True)
    python = home / "splink" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", SPLINK])
    (home / "splink" / ".installed").write_text(SPLINK, encoding="utf-8")
    return Peer(python)


def _run(command: list[str]) -> None:
    # No paths of ours: the peer must not see this project's packages.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise PeerError(f"{Path(command[1]).name if len(command) > 1 else sys.executable}: {last[0]}")


def _write(path: Path, parties: Sequence[Party]) -> None:
    """One row a record, already normalised as RCX does it; the peer is not asked to clean."""
    side = prepare(parties)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for party, domains in zip(parties, side.domains, strict=True):
            found = variants(party.name)
            writer.writerow(
                (
                    party.id,
                    found[0].core if found else "",
                    postcode(party.postcode),
                    street_number(party.address),
                    domains[0] if domains else "",
                    party.city.lower(),
                )
            )


def _best(path: Path) -> list[tuple[str, str, float]]:
    best: dict[str, tuple[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for left, right, probability in csv.reader(stream):
            if float(probability) > best.get(left, ("", -1.0))[1]:
                best[left] = (right, float(probability))
    return [(left, right, probability) for left, (right, probability) in best.items()]
