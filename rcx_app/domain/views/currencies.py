"""Rates entered by hand or from a file, by which amounts are shown in one currency. Nothing billed depends on them.

A rate holds from its day until a newer one; one that lies ahead is kept and not yet used. The file is CSV with the
columns currency, day and rate: ``EUR,2026-11-01,1.0842`` is what one euro was worth in the display currency.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock, money
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.views.currency_repository import CurrencyRepository
from rcx_app.domain.views.currency_schemas import Rate, Rates
from rcx_app.models import CurrencyRate

COLUMNS = ("currency", "day", "rate")
MOST_ROWS = 5_000
_CODE = re.compile(r"[A-Z]{3}")
_LARGEST = Decimal(1_000_000)


def rates(session: Session, context: Context) -> Rates:
    """What amounts are shown with today."""
    context.require(Permission.READ)
    repository = CurrencyRepository(session, context)
    quote = repository.workspace().display_currency
    if not quote:
        return Rates()
    newest = repository.newest(quote, clock.today())
    return Rates(quote, {row.currency: _rate(row) for row in newest})


def listed(session: Session, context: Context, cursor: str = "") -> Page[Rate]:
    """All rates into the display currency, newest first."""
    context.require(Permission.READ)
    repository = CurrencyRepository(session, context)
    rows, following = repository.page(repository.workspace().display_currency, cursor)
    return Page(tuple(_rate(row) for row in rows), following)


def enter(session: Session, context: Context, currency: str, day: str, rate: str) -> None:
    """Keep one rate, in the place of another of the same currency and day. Raises Invalid and Conflict."""
    context.require(Permission.SETTINGS)
    quote = _quote(session, context)
    _keep(session, context, quote, _row((currency, day, rate), quote), "by hand")
    audit.record(session, context, "currency:rate", detail={"currency": currency, "day": day, "rate": rate})


def read_file(session: Session, context: Context, text: str) -> int:
    """Keep all rates of a CSV file, or none; returns how many. Raises Invalid with the place of each problem."""
    context.require(Permission.SETTINGS)
    quote = _quote(session, context)
    rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if any(cell.strip() for cell in row)]
    if rows and tuple(cell.strip().lower() for cell in rows[0][:3]) == COLUMNS:
        rows = [[], *rows[1:]]
    read, problems = [], []
    if len(rows) > MOST_ROWS:
        raise Invalid(f"A file of rates has at most {MOST_ROWS:,} rows.", remedy="Split it.")
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        try:
            read.append(_row(tuple(row), quote))
        except Invalid as error:
            problems.append(f"Row {number}: {error.message}")
    if problems:
        raise Invalid(" ".join(problems[:3]), remedy="Mend the file; nothing was kept of it.", problems=problems)
    if not read:
        raise Invalid("This file has no rates.", remedy="Give it rows such as EUR,2026-11-01,1.0842.")
    for each in read:
        _keep(session, context, quote, each, "file")
    audit.record(session, context, "currency:file", detail={"rates": len(read), "quote": quote})
    return len(read)


def delete(session: Session, context: Context, rate_id: int) -> None:
    """Raises NotFound."""
    context.require(Permission.SETTINGS)
    row = CurrencyRepository(session, context).get(CurrencyRate, rate_id, lock=True)
    detail = {"currency": row.currency, "day": row.day.isoformat(), "rate": f"{row.rate:f}"}
    session.delete(row)
    session.flush()
    audit.record(session, context, "currency:delete", detail=detail)


def code(text: str) -> str:
    """A currency as ISO 4217 writes it. Raises Invalid."""
    clean = text.strip().upper()
    if not _CODE.fullmatch(clean):
        raise Invalid(f"{text.strip()[:20]!r} is no currency code.", remedy="Use three letters, such as EUR.")
    return clean


def _quote(session: Session, context: Context) -> str:
    quote = CurrencyRepository(session, context).workspace().display_currency
    if not quote:
        raise Conflict("There is no display currency yet.", remedy="Choose it first: rates are into it.")
    return quote


def _row(cells: tuple[str, ...], quote: str) -> Rate:
    if len(cells) < len(COLUMNS):
        raise Invalid("A currency, a day and a rate are needed.")
    currency = code(cells[0])
    if currency == quote:
        raise Invalid(f"{quote} is the display currency itself.", remedy="Leave it out.")
    try:
        day = date.fromisoformat(cells[1].strip())
    except ValueError as error:
        raise Invalid(f"{cells[1].strip()[:20]!r} is no day.", remedy="Write 2026-11-01.") from error
    try:
        rate = money.parse(cells[2])
    except ValueError as error:
        raise Invalid(f"{cells[2].strip()[:20]!r} is no rate.", remedy="Use at most six decimals: 1.0842.") from error
    if not 0 < rate <= _LARGEST:
        raise Invalid(f"A rate lies above 0 and up to {_LARGEST:,}.", remedy="Check the number.")
    return Rate(currency, day, rate)


def _keep(session: Session, context: Context, quote: str, rate: Rate, source: str) -> None:
    repository = CurrencyRepository(session, context)
    row = repository.find(rate.currency, quote, rate.day)
    if row is None:
        made = CurrencyRate(
            workspace_id=context.workspace_id, currency=rate.currency, quote=quote, day=rate.day, rate=rate.rate,
            source=source, user_id=context.user_id,
        )  # fmt: skip
        repository.add(made)
        return
    row.rate, row.source, row.user_id = rate.rate, source, context.user_id
    session.flush()


def _rate(row: CurrencyRate) -> Rate:
    return Rate(row.currency, row.day, row.rate, row.id, row.source)
