"""The state of the shell around every page: what waits for a person, which jobs run, what the palette found."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import WorkspaceChoice
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Tab
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, FindingFilters
from rcx_app.domain.service_rules import screens as services
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, current_context, read
from rcx_app.ui.guard import requires

_HITS = 8
_POLL_S = 1.0
# A watcher that has not looked for this long is gone (its process ended); another may take over.
_WATCHER_LOST_S = 10.0


@dataclass
class Hit:
    """A client that the palette found."""

    name: str
    detail: str
    href: str


@dataclass
class JobRow:
    """A job under way. `total` 0: not known yet."""

    id: int
    title: str
    detail: str
    done: int
    total: int


@dataclass
class WorkspaceRow:
    """A workspace that the person may switch to."""

    id: str
    name: str
    is_current: bool


class ShellState(AppState):
    """Read anew when a page opens, so that counts are those of that moment.

    `jobs_done` goes up when watched jobs have ended: pages that show their results load anew (`page(on_jobs_done=)`).
    """

    billing_count: int = 0
    mapping_count: int = 0
    services_count: int = 0
    integrations_count: int = 0
    sync_tone: str = ""
    sync_text: str = ""
    hits: list[Hit] = []
    workspaces: list[WorkspaceRow] = []
    jobs: list[JobRow] = []
    jobs_done: int = 0
    _watched_at: float = 0.0

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """The counts of the navigation. Runs before every page's own on_load."""
        self.billing_count, self.mapping_count, self.services_count = await _numbers()
        here = (await current_context()).workspace_id
        self.workspaces = [
            WorkspaceRow(str(each.workspace_id), each.name, each.workspace_id == here)
            for each in await read(_workspaces)
        ]

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def find(self, text: str) -> None:
        """Look for clients by name, as the palette's field changes."""
        if not text.strip():
            self.hits = []
            return
        page = await read(screens.client_table, ClientFilters(search=text))
        self.hits = [
            Hit(row.name, words.count(row.discrepancies, "finding"), addresses.client(row.client_id))
            for row in page.items[:_HITS]
        ]

    @rx.event(background=True)
    @requires(Permission.READ)
    async def watch(self) -> None:
        """Follow the jobs under way until none is left. One watcher a tab; a second call returns at once."""
        async with self:
            if time.time() - self._watched_at < _WATCHER_LOST_S:
                return
        had_jobs = False
        while found := await read(jobs.open_jobs, list(words.JOBS)):
            had_jobs = True
            async with self:
                self._watched_at = time.time()
                self.jobs = [_job_row(view) for view in found]
            await asyncio.sleep(_POLL_S)
        async with self:
            self._watched_at = 0.0
            self.jobs = []
            self.jobs_done += had_jobs
        if had_jobs:
            numbers = await _numbers()
            async with self:
                self.billing_count, self.mapping_count, self.services_count = numbers


async def _numbers() -> tuple[int, int, int]:
    """Open findings, accounts that wait in the mapping queue, products whose rule waits or that nothing counts."""
    findings = await read(screens.count_findings, FindingFilters(states=("open",)))
    tabs = await read(mapping.counts)
    waiting = await read(services.count_waiting)
    return findings, tabs.get(Tab.REVIEW, 0) + tabs.get(Tab.UNMAPPED, 0), waiting


def _job_row(view: JobView) -> JobRow:
    counted = f"{view.done:,} of {view.total:,}" if view.total else ""
    detail = ", ".join(part for part in (view.note, counted) if part)
    return JobRow(view.id, words.JOBS.get(view.kind, view.kind), detail, view.done, view.total)


def _workspaces(session: Any, context: Context) -> list[WorkspaceChoice]:
    return identity.workspaces(session, context.user_id) if context.user_id is not None else []
