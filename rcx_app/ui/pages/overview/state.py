"""State of the overview: one view, rebuilt on every load."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.integrations.waiting import held_findings
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reports import service as reports
from rcx_app.domain.reports.schemas import MonthRow, ReportQuery, Span
from rcx_app.domain.sync.falls import service as falls
from rcx_app.domain.writeback import listing
from rcx_app.ui.base import AppState, current_context, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.overview import rows
from rcx_app.ui.pages.overview.rows import View


def _months(session: Any, context: Context) -> tuple[MonthRow, ...]:
    """The last year, month by month."""
    query = ReportQuery()
    last = screens.last_run(session, context)
    return reports.by_month(session, context, query, Span.back(last.day, query.number)) if last.has_run else ()


class OverviewState(AppState):
    """`is_loaded` stays true while the page loads anew, so that nothing jumps."""

    view: View = View()
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Read everything the page shows."""
        self.problem = self.remedy = ""
        try:
            found = await read(screens.overview)
            waiting = await read(mapping.counts)
            connections = await read(integrations.health)
            held = rows.Held(await read(falls.count), await read(held_findings))
            months = await read(_months)
            sets = (await read(listing.listed)).items
            user_id = (await current_context()).user_id
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        beside = rows.Beside(connections, held, months, sets, user_id)
        self.view = rows.view(found, {tab.value: number for tab, number in waiting.items()}, beside)
        self.is_loaded = True
