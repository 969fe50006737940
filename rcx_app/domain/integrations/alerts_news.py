"""Which change of a connection's health people are mailed about, and what a new change takes over from the last. Pure.

Red is news at once, and so are credentials that end soon; other yellow when it has lasted for more than a day, health
where people know that it was missing. What people were told since they last knew a connection healthy is not told
again, except for red that returns: that once a day. So a connection that flickers fills nobody's inbox.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rcx_app.core import clock
from rcx_app.domain.integrations.health import EXPIRING, Diagnosis
from rcx_app.domain.integrations.schemas import Health
from rcx_app.models import HealthChange

PATIENCE = timedelta(days=1)
"""For so long a yellow connection is left to the people who work with it."""
AT_MOST_EVERY = timedelta(hours=1)
_UNWELL = (Health.ATTENTION, Health.FAILED)


def follow(
    last: HealthChange | None, found: Diagnosis, *, workspace_id: int, connection_id: int, at: datetime
) -> HealthChange:
    """The change from `last` (None: nothing is known) to what was found `at` that time."""
    was_unwell = last is not None and last.to_health in _UNWELL
    since = (last.unwell_since if last is not None and was_unwell else at) if found.health in _UNWELL else None
    return HealthChange(
        workspace_id=workspace_id,
        connection_id=connection_id,
        created_at=at,
        from_health=last.to_health if last is not None else "",
        to_health=found.health.value,
        word=found.word,
        causes=list(found.causes),
        reason=found.reason,
        whose=found.whose,
        remedy=found.remedy,
        unwell_since=since,
        # Whoever switches a connection off has seen to it: what comes later is told anew.
        told=dict(last.told) if last is not None and found.health is not Health.OFF else {},
    )


def is_same(last: HealthChange, found: Diagnosis) -> bool:
    """Whether a connection does as it did."""
    return last.to_health == found.health and last.causes == list(found.causes)


def is_alert(row: HealthChange, at: datetime) -> bool:
    """Whether people must look at a connection whose last change this is."""
    if row.to_health == Health.FAILED or any(each.startswith(EXPIRING) for each in row.causes):
        return True
    return row.to_health == Health.ATTENTION and row.unwell_since is not None and row.unwell_since <= at - PATIENCE


def is_news(row: HealthChange, at: datetime) -> bool:
    """Whether to mail about a connection whose last change this is."""
    if row.announced_at is not None:
        return False
    if row.to_health == Health.HEALTHY:
        return bool(row.told)
    if not is_alert(row, at):
        return False
    returns = row.to_health == Health.FAILED
    return any(
        each not in row.told or (returns and clock.parse(row.told[each]) <= at - PATIENCE) for each in row.causes
    )


def announce(row: HealthChange, at: datetime) -> None:
    """Note on the change that people are told of it now."""
    row.announced_at = at
    healthy = row.to_health == Health.HEALTHY
    row.told = {} if healthy else row.told | {each: at.isoformat() for each in row.causes}


def may_tell(last: datetime | None, at: datetime) -> bool:
    """Whether the last digest is long enough ago."""
    return last is None or last <= at - AT_MOST_EVERY
