"""What the mapping page reads of the domain, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import Page
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    Band,
    IntegrationOption,
    Mark,
    QueueFilter,
    Standing,
    Tab,
)
from rcx_app.ui.pages.mapping.rows import band_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for. `account_id` 0: the first of the list."""

    tab: Tab
    connection_id: int | None
    band: str
    text: str
    mark: Mark | None = None
    account_id: int = 0
    size: int = 50


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers around the list."""

    counts: dict[Tab, int]
    bands: tuple[Band, ...]
    marks: dict[Mark, int]
    confirmable: int


@dataclass(frozen=True, slots=True)
class Everything:
    """A page as it opens. `is_missing`: the account that was asked for is not there."""

    numbers: Numbers
    integrations: list[IntegrationOption]
    page: Page[AccountRow]
    hand: AccountDetail | None
    ahead: AccountDetail | None
    is_missing: bool
    is_matching: bool
    standing: Standing


def everything(session: Any, context: Context, wanted: Wanted) -> Everything:
    """All that the page shows when it opens."""
    counted = numbers(session, context, wanted)
    page = mapping.queue(session, context, _filter(wanted, counted.bands), size=wanted.size)
    first = page.items[0].account_id if page.items else 0
    hand = detail(session, context, wanted.account_id) if wanted.account_id else None
    is_missing = bool(wanted.account_id) and hand is None
    if hand is None and first:
        hand = detail(session, context, first)
    return Everything(
        numbers=counted,
        integrations=mapping.integrations(session, context, wanted.tab),
        page=page,
        hand=hand,
        ahead=detail(session, context, _after(page.items, hand.row.account_id)) if hand else None,
        is_missing=is_missing,
        is_matching=bool(jobs.open_jobs(session, context, [mapping.KIND])),
        standing=mapping.standing(session, context),
    )


def numbers(session: Any, context: Context, wanted: Wanted) -> Numbers:
    """Counts of tabs and bands, and how many could be confirmed at once."""
    unmarked = QueueFilter(tab=wanted.tab, connection_id=wanted.connection_id, text=wanted.text)
    plain = replace(unmarked, mark=wanted.mark)
    return Numbers(
        counts=mapping.counts(session, context),
        bands=mapping.bands(session, context, plain),
        marks=mapping.marks(session, context, unmarked),
        confirmable=mapping.confirmable(session, context, connection_id=wanted.connection_id),
    )


def rows(session: Any, context: Context, wanted: Wanted, bands: tuple[Band, ...], cursor: str) -> Page[AccountRow]:
    """The next page of the list."""
    return mapping.queue(session, context, _filter(wanted, bands), cursor)


def around(
    session: Any, context: Context, wanted: Wanted, account_id: int, next_id: int
) -> tuple[Numbers, AccountDetail | None, AccountDetail | None]:
    """After a verdict: the numbers, the account in hand as it is now, and the one after it."""
    return (
        numbers(session, context, wanted),
        detail(session, context, account_id),
        detail(session, context, next_id),
    )


def two(
    session: Any, context: Context, account_id: int, next_id: int
) -> tuple[AccountDetail | None, AccountDetail | None]:
    """An account and the one after it."""
    return detail(session, context, account_id), detail(session, context, next_id)


def detail(session: Any, context: Context, account_id: int) -> AccountDetail | None:
    """The account, or None where there is none of that id."""
    if not account_id:
        return None
    try:
        return mapping.detail(session, context, account_id)
    except NotFound:
        return None


def _filter(wanted: Wanted, bands: tuple[Band, ...]) -> QueueFilter:
    low, high = band_limits(wanted.band, bands)
    return QueueFilter(
        tab=wanted.tab,
        connection_id=wanted.connection_id,
        text=wanted.text,
        min_confidence=low,
        below_confidence=high,
        mark=wanted.mark,
    )


def _after(items: tuple[AccountRow, ...], account_id: int) -> int:
    ids = [row.account_id for row in items]
    at = ids.index(account_id) + 1 if account_id in ids else len(ids)
    return ids[at] if at < len(ids) else 0
