"""Whose turn it is: of some kinds only so many jobs run at a time, for one workspace and for one vendor.

Nothing is counted in a counter that could leak: who holds a place is read from the rows of running jobs and whether
their workers live. Jobs that find no place wait in the database, not at the broker, and are sent once they fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.settings import settings
from rcx_app.domain.jobs.leases import is_dead
from rcx_app.domain.jobs.schemas import JobState, Waiting
from rcx_app.domain.jobs.turns_repository import TurnsRepository

BOUNDED = ("sync.run",)
"""Kinds whose jobs wait for a place. Their `args` name the connection, and that the vendor."""
NOTE = "Waits for its turn: other syncs run"


@dataclass(slots=True)
class _Places:
    """How many places are taken, by workspace and by vendor."""

    of_workspace: Counter[int] = field(default_factory=Counter)
    of_vendor: Counter[str] = field(default_factory=Counter)

    def take(self, workspace_id: int, vendor: str) -> None:
        self.of_workspace[workspace_id] += 1
        self.of_vendor[vendor] += 1

    def has_room(self, workspace_id: int, vendor: str) -> bool:
        chosen = settings()
        return (
            self.of_workspace[workspace_id] < chosen.syncs_per_workspace
            and self.of_vendor[vendor] < chosen.syncs_per_vendor
        )


def order(session: Session, kind: str, *, claim: int | None = None) -> list[Waiting]:
    """The jobs of a bounded kind that could all begin now, in the order of their turns.

    The workspace with the fewest running jobs comes first, then who has waited longest. Jobs whose worker has died are
    among them, but only after the pause between two attempts, or where `claim` names them: the sweeper has sent it.
    Needs a transaction without a workspace, and for a claim that nobody else claims meanwhile (`hold`).
    """
    repository, places = TurnsRepository(session), _Places()
    interrupted: list[Waiting] = []
    now, pause = clock.now(), timedelta(seconds=settings().job_sweep_s)
    for row, vendor in repository.running(kind):
        if not is_dead(row):
            places.take(row.workspace_id, vendor)
        elif row.id == claim or row.sent_at is None or abs(now - row.sent_at) > pause:
            interrupted.append(Waiting(row.id, row.workspace_id, vendor, JobState.RUNNING, row.created_at, row.sent_at))
    chosen = settings()
    waiting = repository.waiting(
        kind,
        running=places.of_workspace,
        full_workspaces=[each for each, taken in places.of_workspace.items() if taken >= chosen.syncs_per_workspace],
        full_vendors=[each for each, taken in places.of_vendor.items() if taken >= chosen.syncs_per_vendor],
        most=chosen.syncs_per_workspace,
    )
    # What was begun already goes first: it keeps others of its connection waiting.
    return _fitting([*interrupted, *waiting], places)


def to_send(found: Iterable[Waiting], *, lost: bool = False) -> list[Waiting]:
    """Those of `found` for which no message is under way; `lost`: those that should have begun by now.

    Times from the future were noted before the clock was set back.
    """
    if not lost:
        return [each for each in found if each.state is not JobState.SENT]
    now, chosen = clock.now(), settings()
    pauses = {JobState.QUEUED: chosen.job_sweep_s, JobState.SENT: chosen.job_resend_after_s}
    return [
        each
        for each in found
        # What was begun before is everybody's, see `service.sweep`.
        if each.state in pauses and abs(now - (each.sent_at or each.created_at)) > timedelta(seconds=pauses[each.state])
    ]


def hold(session: Session, kind: str) -> None:
    """Let nobody else give out places of `kind` until this transaction ends."""
    TurnsRepository(session).hold(kind)


def set_aside(session: Session, kind: str, job_id: int | None = None) -> None:
    """A message is used up and its job has no place: it waits in the database until it fits. None: nobody fits."""
    TurnsRepository(session).set_aside(kind, job_id, clock.now(), NOTE)


def _fitting(found: Iterable[Waiting], places: _Places) -> list[Waiting]:
    fit = []
    for each in found:
        if places.has_room(each.workspace_id, each.vendor):
            places.take(each.workspace_id, each.vendor)
            fit.append(each)
    return fit
