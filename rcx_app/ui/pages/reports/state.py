"""State of the reports: what the address asks for, and one view that is rebuilt on every load."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.reports import recovery, service
from rcx_app.domain.reports.schemas import DEFAULT_MONTHS, ReportQuery
from rcx_app.domain.views import currencies
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.reports import rows
from rcx_app.ui.pages.reports.rows import Found, View

Filter = Literal["months", "integration", "currency"]


@dataclass
class Choice:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str = ""


def _found(session: Any, context: Context, query: ReportQuery) -> Found:
    over = service.scope(session, context, query)
    narrowed = ReportQuery(months=query.months, integration=query.integration, currency=over.currency)
    # In every currency: the display currency adds them up.
    every = ReportQuery(months=query.months, integration=query.integration)
    return Found(
        scope=over,
        months=service.by_month(session, context, every, over.span),
        recovered=recovery.recovered(session, context, narrowed, over.span),
        waiting=service.waiting(session, context, narrowed, over.span),
        coverage=service.coverage(session, context, over.span),
        services=service.services(session, context, narrowed, over.span),
        clients=service.clients(session, context, narrowed, over.span),
        margins=service.margins(session, context, narrowed, over.day),
        health=integrations.health(session, context),
        changes=alerts_history.changes(session, context).items,
        rates=currencies.rates(session, context),
    )


class ReportsState(AppState):
    """`asked` holds the parts of a `ReportQuery`; `is_loaded` stays true while the page loads anew."""

    asked: dict[str, str] = {"months": "", "integration": "", "currency": ""}
    view: View = View()
    currencies: list[Choice] = []
    integrations: list[Choice] = []
    is_loaded: bool = False
    is_filtered: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.var
    def months_words(self) -> str:
        return f"{self.asked['months'] or DEFAULT_MONTHS} months"

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Everything anew from the address."""
        try:
            query = ReportQuery.from_params(self.router.url.query_parameters)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        await self._show(query)

    @rx.event
    @requires(Permission.READ)
    async def pick(self, name: Filter, value: str) -> AsyncIterator[Any]:
        """Set one filter; empty takes it off."""
        query = ReportQuery.from_params({**self.asked, name: value})
        await self._show(query)
        yield history.push(addresses.address(addresses.REPORTS, query.params()))

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> AsyncIterator[Any]:
        await self._show(ReportQuery())
        yield history.push(addresses.REPORTS)

    async def _show(self, query: ReportQuery) -> None:
        self.asked = {"months": query.months, "integration": query.integration, "currency": query.currency}
        self.is_filtered = query != ReportQuery()
        self.problem = self.remedy = ""
        try:
            found = await read(_found, query)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        self.view = rows.view(found, query)
        self.currencies = [Choice(code, code) for code in found.scope.currencies]
        self.integrations = [Choice(name, name) for name in found.scope.integrations]
        self.is_loaded = True
