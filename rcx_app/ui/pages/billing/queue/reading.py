"""What the queue reads of the domain: its rows, and apart from them, since nobody waits for it, what stands around."""

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
class Listed:
    """The rows, and by which rates they are shown in the display currency."""

    pages: list[Page[FindingRow]]
    rates: Rates


@dataclass(frozen=True, slots=True)
class Around:
    """`head` None: as it was at `known`."""

    known: Known
    head: FindingsHead | None
    options: dict[str, tuple[FilterOption, ...]]
    people: tuple[Person, ...]
    tags: tuple[str, ...]


def listed(session: Any, context: Context, query: FindingQuery, depth: int) -> Listed:
    """The first `depth` pages."""
    pages = [screens.findings(session, context, query.filters(), query.order)]
    while len(pages) < depth and pages[-1].next_cursor:
        pages.append(screens.findings(session, context, query.filters(), query.order, pages[-1].next_cursor))
    return Listed(pages, currencies.rates(session, context))


def around(session: Any, context: Context, known: Known | None) -> Around:
    """The head and the menus, unless nothing was run or decided since `known`."""
    people, tags = review.people_here(session, context), review.tags_in_use(session, context)
    at = (screens.last_run_at(session, context), review.newest_event(session, context))
    if known is not None and known == at:
        return Around(at, None, {}, people, tags)
    options = groups.filter_options(session, context)
    return Around(at, groups.findings_head(session, context), options, people, tags)
