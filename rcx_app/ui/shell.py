"""The state of the shell around every page: what waits for a person, which jobs run, what the palette found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import WorkspaceChoice
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.integrations.schemas import ConnectionHealth, Health
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Tab
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, FindingFilters
from rcx_app.domain.service_rules import screens as services
from rcx_app.domain.support import desk
from rcx_app.domain.support import service as tickets
from rcx_app.domain.writeback import listing as change_sets
from rcx_app.ui import addresses, words
from rcx_app.ui.across import read_across
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


@dataclass(frozen=True, slots=True)
class Sync:
    """How the integrations do together. `at`: when data last came in, said only where nothing needs attention.

    `worst` names the one that is worst off, `why` says what is wrong with it and what to do.
    """

    waiting: int
    tone: str
    text: str
    at: datetime | None = None
    worst: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Open findings, change sets that wait for approval, accounts that wait in the mapping queue, products whose rule
    waits or that nothing counts, tickets that were answered."""

    findings: int
    changes: int
    accounts: int
    products: int
    tickets: int
    sync: Sync


class ShellState(AppState):
    """Read anew when a page opens, so that counts are those of that moment.

    `sync_*` is what the pill says of the integrations: nothing where none is connected.
    `jobs_done` goes up when watched jobs have ended: pages that show their results load anew (`page(on_jobs_done=)`).
    """

    billing_count: int = 0
    changes_count: int = 0
    mapping_count: int = 0
    services_count: int = 0
    integrations_count: int = 0
    support_count: int = 0
    desk_count: int = 0
    sync_tone: str = ""
    sync_text: str = ""
    sync_at: str = ""
    sync_at_text: str = ""
    sync_worst: str = ""
    sync_why: str = ""
    hits: list[Hit] = []
    workspaces: list[WorkspaceRow] = []
    jobs: list[JobRow] = []
    jobs_done: int = 0
    _watched_at: float = 0.0

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """The counts of the navigation. Runs after every page's own on_load."""
        self._show(await read(_numbers))

    @rx.event
    @requires(Permission.SELF)
    async def load_workspaces(self) -> None:
        """Where the person may work, at whatever stage this workspace is."""
        context = await current_context()
        found = await asyncio.to_thread(_workspaces, context.user_id) if context.user_id is not None else []
        here = context.workspace_id
        self.workspaces = [WorkspaceRow(str(each.workspace_id), each.name, each.workspace_id == here) for each in found]

    @rx.event
    @requires(Permission.AGENT)
    async def load_desk(self) -> None:
        """The counts of the agents' navigation. Runs after each page of those who are agents."""
        self.desk_count = await read_across(desk.count_waiting)

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
            numbers = await read(_numbers)
            async with self:
                self._show(numbers)

    def _show(self, found: _Numbers) -> None:
        self.billing_count, self.mapping_count, self.services_count = found.findings, found.accounts, found.products
        self.integrations_count, self.changes_count = found.sync.waiting, found.changes
        self.support_count = found.tickets
        self.sync_tone, self.sync_text = found.sync.tone, found.sync.text
        self.sync_worst, self.sync_why = found.sync.worst, found.sync.why
        self.sync_at = found.sync.at.isoformat() if found.sync.at else ""
        self.sync_at_text = words.moment(found.sync.at) if found.sync.at else ""


def _numbers(session: Any, context: Context) -> _Numbers:
    tabs = mapping.counts(session, context)
    return _Numbers(
        findings=screens.count_findings(session, context, FindingFilters(states=("open",))),
        changes=change_sets.count_waiting(session, context),
        tickets=tickets.count_waiting(session, context),
        accounts=tabs.get(Tab.REVIEW, 0) + tabs.get(Tab.UNMAPPED, 0),
        products=services.count_waiting(session, context),
        sync=sync_of(integrations.health(session, context)),
    )


def sync_of(found: Sequence[ConnectionHealth]) -> Sync:
    """``All green`` with the time of the last import, or how many need attention and the worst: red if one failed."""
    enabled = [each for each in found if each.is_enabled]
    if not enabled:
        return Sync(0, "", "")
    bad = [each for each in enabled if each.needs_attention]
    if not bad:
        return Sync(0, words.HEALTH[Health.HEALTHY], "All green", max(_times(enabled), default=None))
    worst = next((each for each in bad if each.health is Health.FAILED), bad[0])
    text = "1 needs attention" if len(bad) == 1 else f"{len(bad):,} need attention"
    why = " ".join(part for part in (f"{worst.label}:", worst.reason, worst.remedy) if part)
    return Sync(len(bad), words.HEALTH[worst.health], text, worst=f"{worst.label}: {worst.word}", why=why)


def _times(found: Iterable[ConnectionHealth]) -> list[datetime]:
    return [each.last_complete_at for each in found if each.last_complete_at is not None]


def _job_row(view: JobView) -> JobRow:
    counted = f"{view.done:,} of {view.total:,}" if view.total else ""
    detail = ", ".join(part for part in (view.note, counted) if part)
    return JobRow(view.id, words.JOBS.get(view.kind, view.kind), detail, view.done, view.total)


def _workspaces(user_id: int) -> list[WorkspaceChoice]:
    """His own memberships, which lie on both sides of this workspace's fence."""
    with transaction(None, read_only=True) as session:
        return identity.workspaces(session, user_id)
