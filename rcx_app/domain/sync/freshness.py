"""How long what was read from a source may be relied on: one rule, for the health of connections and for findings.

docs/arithmetic.md gives 36 hours where no schedule says otherwise. A file is brought by a person and not by a
schedule: the exports of one closing are worked through for days, so it stays fresh for a week.
"""

from __future__ import annotations

from datetime import timedelta

SYNCED = timedelta(hours=36)
FILE = timedelta(days=7)


def fresh_for(connector: str) -> timedelta:
    """For how long after its last complete run a connection of this `connector` is up to date."""
    return FILE if connector == "file" else SYNCED
