"""What the queue reads of the domain, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FilterOption, FindingRow, FindingsHead
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Person
from rcx_app.domain.views import currencies
from rcx_app.domain.views.currency_schemas import Rates

Known = tuple[datetime | None, int]
"""What numbers over the list were read at: the end of the last run, and the newest deed."""


@dataclass(frozen=True, slots=True)
class Everything:
    """`head` None: as it was at `known`."""

    known: Known
    head: FindingsHead | None
    options: dict[str, tuple[FilterOption, ...]]
    pages: list[Page[FindingRow]]
    rates: Rates
    people: tuple[Person, ...]
    tags: tuple[str, ...]


def everything(session: Any, context: Context, query: FindingQuery, depth: int, known: Known | None) -> Everything:
    """The first `depth` pages, and the head and the menus unless nothing was run or decided since `known`."""
    pages = [screens.findings(session, context, query.filters(), query.order)]
    while len(pages) < depth and pages[-1].next_cursor:
        pages.append(screens.findings(session, context, query.filters(), query.order, pages[-1].next_cursor))
    rates = currencies.rates(session, context)
    people, tags = review.people_here(session, context), review.tags_in_use(session, context)
    at = (screens.last_run_at(session, context), review.newest_event(session, context))
    if known is not None and known == at:
        return Everything(at, None, {}, pages, rates, people, tags)
    options = groups.filter_options(session, context)
    return Everything(at, groups.findings_head(session, context), options, pages, rates, people, tags)
