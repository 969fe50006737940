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
        pace, known, is_going = Pace(), dict[int, tuple[int, JobState]](), True
        while is_going:
            async with self:
                asked = self._asked
            found = await read(reading.syncs)
            lines = _lines(found, pace)
            going = {job.id for job in found.jobs.values()}
            ended = [job_id for job_id, _ in known.values() if job_id not in going]
            async with self:
                is_going = bool(found.jobs) or self._asked != asked
                self._watched_at = time.time() if is_going else 0.0
                if self.lines != lines:
                    self.lines = lines
            before, known = known, {number: (job.id, job.state) for number, job in found.jobs.items()}
            if known != before:
                yield IntegrationsRowsState.reload
            for job_id in ended:
                words, tone, detail = run_rows.outcome_of(await read(jobs.view, job_id))
                if len(before) <= _TELL_ALL or tone in ("fail", "under"):
                    yield notify(words, tone=tone, detail=detail)
            if is_going:
                await asyncio.sleep(_POLL_S)


def _lines(found: reading.Syncs, pace: Pace) -> dict[str, SyncLine]:
    now, at_s = clock.now(), time.monotonic()
    return {
        str(connection_id): run_rows.sync_line(job, found.since.get(connection_id), now, pace.of(job, at_s))
        for connection_id, job in found.jobs.items()
    }
