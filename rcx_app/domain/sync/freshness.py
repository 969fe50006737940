"""How long what was read from a source may be relied on: one rule, for the health of connections and for findings.

docs/arithmetic.md: as long as the workspace's schedule leaves between two syncs, and never less than 36 hours. A file
is brought by a person and not by a schedule: the exports of one closing are worked through for days, so it stays fresh
for a week.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.schedules.chosen import longest_gap

SYNCED = timedelta(hours=36)
FILE = timedelta(days=7)
SLACK = timedelta(hours=12)
"""For the sync that is due: it may take hours, and be tried again for some."""


def synced_for(session: Session, context: Context) -> timedelta:
    """How long a source that RCX reads itself stays fresh in this workspace."""
    return allowed(longest_gap(session, context))


def allowed(gap: timedelta | None) -> timedelta:
    """The same for a schedule that leaves `gap` between two syncs (None: nothing starts by itself)."""
    return SYNCED if gap is None else max(SYNCED, gap + SLACK)


def fresh_for(connector: str, synced: timedelta) -> timedelta:
    """How long after its last complete run a connection of this `connector` is up to date; `synced`: see above."""
    return FILE if connector == "file" else synced
