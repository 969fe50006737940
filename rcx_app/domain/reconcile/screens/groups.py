"""What stands around the lists of findings: sums, counts by view, what can be filtered by, and findings by service."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens.overview_repository import OverviewRepository
from rcx_app.domain.reconcile.screens.query import VIEWS, fits, is_by_kind
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.schemas import FilterOption, FindingsHead, ServiceRow, Sums
from rcx_app.domain.reconcile.screens.service import last_run, money_of
from rcx_app.models import Finding


def findings_head(session: Session, context: Context) -> FindingsHead:
    """Sums of all open findings of the last run and counts by view, whatever is filtered."""
    repository = OverviewRepository(session, context)
    last = last_run(session, context)
    groups = repository.sums(last.period)
    counts = dict.fromkeys(VIEWS, 0)
    for _, kind, is_ready, direction, number, _ in groups:
        for view in VIEWS:
            if is_by_kind(view) and fits(view, kind=kind, direction=direction, is_ready=is_ready):
                counts[view] += number
    for view, filters in VIEWS.items():
        if not is_by_kind(view):
            counts[view] = repository.count_findings(last.period, filters)
    clients, reconciled = repository.client_numbers(last.period)
    totals = last.run.totals if last.run else {}
    return FindingsHead(
        has_run=last.has_run,
        as_of=last.day if last.has_run else None,
        finished_at=last.run.finished_at if last.run else None,
        money=money_of(groups),
        counts=counts,
        clients=clients,
        clients_reconciled=reconciled,
        hidden_accounts=int(totals.get("hidden_accounts", 0)),
    )


def filter_options(session: Session, context: Context) -> dict[str, tuple[FilterOption, ...]]:
    """By filter (integration, service, currency), what open findings can be narrowed to, most findings first."""
    repository = ScreenRepository(session, context)
    period = last_run(session, context).period
    columns = {
        "integration": (Finding.integration, Finding.integration),
        "service": (Finding.service_key, Finding.product_name),
        "currency": (Finding.currency, Finding.currency),
    }
    return {
        name: tuple(
            FilterOption(value, label or value, number)
            for value, label, number in repository.options(period, key, label_column)
            if value
        )
        for name, (key, label_column) in columns.items()
    }


def services(
    session: Session, context: Context, search: str = "", sort: str = "-impact", cursor: str = ""
) -> Page[ServiceRow]:
    """Open findings by service and currency. `sort`: impact (absolute calculated, ready money), name, findings,
    clients; ``-`` in front: descending."""
    repository = ScreenRepository(session, context)
    rows, following = repository.services(last_run(session, context).period, search, sort, cursor)
    return Page(
        tuple(
            ServiceRow(
                service_key=row.service_key,
                name=row.name or row.code or row.service_key,
                product_code=row.code,
                integration=row.integration,
                scope=row.scope,
                findings=row.findings,
                clients=row.clients,
                not_ready=int(row.not_ready),
                billed=row.billed,
                expected=row.expected,
                sums=Sums(row.currency, row.under, row.over),
                apart=row.apart,
            )
            for row in rows
        ),
        following,
    )
