"""State of the syncs under way: asking for them, following their jobs, ending them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import syncing
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations import reading, run_rows
from rcx_app.ui.pages.integrations.run_rows import Pace, SyncLine
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState
from rcx_app.ui.shell import ShellState

_POLL_S = 1.0
_WATCHER_LOST_S = 10.0
_ENDING_S = 20.0
# Of more syncs at once only those are told that need somebody; the list shows the rest.
_TELL_ALL = 3


class SyncsState(AppState):
    """`lines`: connection id -> how far its sync is. Apart from the rows, which do not change with each record."""

    lines: dict[str, SyncLine] = {}
    _watched_at: float = 0.0
    _asked: int = 0

    @rx.event
    @requires(Permission.IMPORT)
    async def sync(self, connection_id: int, full: bool) -> list[object]:
        """Read a connection: what changed, or with `full` everything."""
        await write(syncing.request_sync, connection_id, full=full)
        return [IntegrationsRowsState.reload, SyncsState.follow, ShellState.watch]

    @rx.event
    @requires(Permission.IMPORT)
    async def sync_all(self, full: bool) -> object:
        """Read every connection that can be read."""
        if not await write(syncing.request_all, full=full):
            return notify("There is nothing to sync", tone="under", detail="Switch a connection on, or connect one.")
        return [IntegrationsRowsState.reload, SyncsState.follow, ShellState.watch]

    @rx.event
    @requires(Permission.IMPORT)
    async def stop(self, connection_id: int) -> list[object]:
        """End what waits or runs for a connection; nothing of it remains."""
        await write(syncing.cancel_syncs, connection_id)
        return [IntegrationsRowsState.reload, SyncsState.follow]

    @rx.event(background=True)
    @requires(Permission.READ)
    async def follow(self) -> AsyncIterator[object]:
        """Follow syncs until none is left. One follower a tab; a second call only keeps it going."""
        async with self:
            self._asked += 1
            if time.time() - self._watched_at < _WATCHER_LOST_S:
                return
            self._watched_at = time.time()
        pace, seen, is_going = Pace(), _Seen(), True
        while is_going:
            async with self:
                asked = self._asked
            found = await read(reading.syncs)
            lines, several = _lines(found, pace), len(seen.jobs) > _TELL_ALL
            has_changed, ended = seen.take(found, time.monotonic())
            async with self:
                is_going = bool(found.jobs or seen.ending) or self._asked != asked
                self._watched_at = time.time() if is_going else 0.0
                if self.lines != lines:
                    self.lines = lines
            if has_changed:
                yield IntegrationsRowsState.reload
            for job_id in ended:
                words, tone, detail = run_rows.outcome_of(await read(jobs.view, job_id))
                if not several or tone in ("fail", "under"):
                    yield notify(words, tone=tone, detail=detail)
            if is_going:
                await asyncio.sleep(_POLL_S)


class _Seen:
    """What a follower has seen. `jobs`: connection -> (job, whether it runs).

    `ending`: connection -> until when (seconds) its run is waited for: a worker needs a moment to find that its job was
    cancelled.
    """

    def __init__(self) -> None:
        self.jobs: dict[int, tuple[int, bool]] = {}
        self.ending: dict[int, float] = {}

    def take(self, found: reading.Syncs, at_s: float) -> tuple[bool, list[int]]:
        """Whether the list has to be read again, and the jobs that have ended since the last look."""
        jobs_now = {number: (job.id, job.state is JobState.RUNNING) for number, job in found.jobs.items()}
        going = {job_id for job_id, _ in jobs_now.values()}
        ended = [job_id for job_id, _ in self.jobs.values() if job_id not in going]
        for number in (self.jobs.keys() - jobs_now.keys()) & found.since.keys():
            self.ending[number] = at_s + _ENDING_S
        over = [number for number, until in self.ending.items() if number not in found.since or at_s > until]
        for number in over:
            del self.ending[number]
        has_changed = bool(over) or jobs_now != self.jobs
        self.jobs = jobs_now
        return has_changed, ended


def _lines(found: reading.Syncs, pace: Pace) -> dict[str, SyncLine]:
    now, at_s = clock.now(), time.monotonic()
    return {
        str(connection_id): run_rows.sync_line(job, found.since.get(connection_id), now, pace.of(job, at_s))
        for connection_id, job in found.jobs.items()
    }
