"""Everything that the metrics tell, counted in the database when it is asked for: so it is true for all processes.

Counts of runs cover all of history and only grow, as rows of runs that read an API are never deleted. Labels are our
own words (connector, kind, state): nothing that a person has typed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.domain.integrations.health import diagnose, facts_of
from rcx_app.domain.operations.measures_repository import MeasuresRepository
from rcx_app.domain.schedules.chosen import chosen_of
from rcx_app.domain.schedules.dates import longest_gap
from rcx_app.domain.sync.freshness import allowed
from rcx_app.domain.sync.opening import FILE
from rcx_app.models import Connection

Labels = tuple[str, ...]
"""The workspace's id first; then what the measure says."""


@dataclass(slots=True)
class Measures:
    """Numbers by labels. Ages and durations in seconds.

    `runs` by vendor, mode, state; `seconds` and `ended` by vendor, of ended runs; `rows` by vendor, stream, what
    became of them; `failures` by vendor, kind; `jobs` by kind, state; `waiting` and `oldest_waiting` by kind;
    `connections` by vendor, health; `complete_age` of the connection read completely the longest ago, and `never`
    those never read completely, by vendor, where they are switched on and connected. `mails` by kind and state;
    `oldest_mail` by kind, of those that have not gone out; workspace "" are mails about accounts.
    """

    runs: Counter[Labels] = field(default_factory=Counter)
    seconds: Counter[Labels] = field(default_factory=Counter)
    ended: Counter[Labels] = field(default_factory=Counter)
    rows: Counter[Labels] = field(default_factory=Counter)
    failures: Counter[Labels] = field(default_factory=Counter)
    jobs: Counter[Labels] = field(default_factory=Counter)
    waiting: Counter[Labels] = field(default_factory=Counter)
    oldest_waiting: dict[Labels, float] = field(default_factory=dict)
    connections: Counter[Labels] = field(default_factory=Counter)
    complete_age: dict[Labels, float] = field(default_factory=dict)
    never: Counter[Labels] = field(default_factory=Counter)
    mails: Counter[Labels] = field(default_factory=Counter)
    oldest_mail: dict[Labels, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Settled:
    """What the runs up to `upto` come to: they have ended, so that no scrape has to read them again."""

    upto: int = 0
    sums: Measures = field(default_factory=Measures)


_settled: dict[str, _Settled] = {}
_lock = threading.Lock()


def measure(session: Session) -> Measures:
    """All of it, in few grouped queries (needs a transaction without a workspace).

    A process reads a run that has ended once: its first answer takes long where there are very many.
    """
    repository, now = MeasuresRepository(session), clock.now()
    with _lock:
        settled = _settled.setdefault(str(session.get_bind().engine.url), _Settled())
        upto = repository.settled()
        if upto < settled.upto:  # another database under the old address
            settled.upto, settled.sums = 0, Measures()
        _add_runs(settled.sums, repository, settled.upto, upto)
        settled.upto = upto
        found = deepcopy(settled.sums)
    _add_runs(found, repository, upto, repository.last())
    for workspace, kind, state, number in repository.jobs():
        found.jobs[str(workspace), kind, state] += number
    for workspace, kind, number, oldest in repository.waiting():
        found.waiting[str(workspace), kind] += number
        found.oldest_waiting[str(workspace), kind] = _age(oldest, now)
    for mail_of, kind, state, number in repository.mails():
        found.mails[_name(mail_of), kind, state] += number
    for mail_of, kind, oldest in repository.oldest_mails():
        found.oldest_mail[_name(mail_of), kind] = _age(oldest, now)
    for row, health in _healths(repository, now):
        labels = (str(row.workspace_id), row.connector)
        found.connections[*labels, health] += 1
        if row.connector != FILE and row.is_enabled and row.credentials is not None:
            if row.last_complete_at is None:
                found.never[labels] += 1
            else:
                age = _age(row.last_complete_at, now)
                found.complete_age[labels] = max(age, found.complete_age.get(labels, 0.0))
    return found


def _add_runs(found: Measures, repository: MeasuresRepository, after: int, upto: int) -> None:
    """Add what the runs of these ids come to."""
    if upto <= after:
        return
    for workspace, vendor, mode, state, number, seconds in repository.runs(after, upto):
        found.runs[str(workspace), vendor, mode, state] += number
        if state != "running":
            found.ended[str(workspace), vendor] += number
            # A Counter is typed to count; it adds fractions as well.
            found.seconds[str(workspace), vendor] += float(seconds or 0)  # type: ignore[assignment]
    for workspace, vendor, stream, what, number in repository.rows(after, upto):
        found.rows[str(workspace), vendor, stream, what] += int(number or 0)
    for workspace, vendor, kind, number in repository.failures(after, upto):
        found.failures[str(workspace), vendor, kind] += number


def _healths(repository: MeasuresRepository, now: datetime) -> Iterator[tuple[Connection, str]]:
    """Every connection with its light, as its page shows it."""
    held, synced_for = repository.held(), {}
    for row in repository.schedules():
        chosen = chosen_of(row)
        synced_for[row.workspace_id] = allowed(longest_gap(chosen.weekly, chosen.monthly))
    usual = allowed(None)
    for connection in repository.connections():
        facts = facts_of(connection, synced_for.get(connection.workspace_id, usual), held.get(connection.id, 0))
        yield connection, diagnose(facts, now).health.value


def _name(workspace_id: int | None) -> str:
    return "" if workspace_id is None else str(workspace_id)


def _age(at: datetime, now: datetime) -> float:
    return max((now - at).total_seconds(), 0.0)
