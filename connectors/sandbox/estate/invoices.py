"""The invoices that the PSA has issued, as a view on the estate: one an agreement and period, billed in advance.

An issued invoice never changes, whatever happens to the agreement afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.estate.billing import next_month
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.expected import is_billed
from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.past import Life, first_days, lives
from connectors.sandbox.estate.world import Agreement, Estate, Line

_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """`amount` is (quantity - included) x unit price, at least 0, rounded half up to the cent."""

    id: str
    line_id: str
    product_code: str
    description: str
    quantity: Decimal
    included: Decimal
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """`currency` is the agreement's: the PSA adds up amounts without looking at a line's own. `total` has no tax.

    `period_end` is the last day of the period.
    """

    id: str
    number: str
    agreement_id: str
    client_id: str
    issued_on: date
    period_start: date
    period_end: date
    currency: str
    total: Decimal
    lines: tuple[InvoiceLine, ...]


def invoices(estate: Estate, months: int = 12) -> Iterator[IssuedInvoice]:
    """Yield the invoices of the last `months` months, oldest first; holds one invoice at a time.

    They are issued as the first day of a month begins (the month of `as_of` included), with the lines that are active
    on that day as they stood then; nothing is prorated. Annual agreements are billed yearly from the first full month.
    """
    agreements = lives(estate, Agreement, estate.agreements)
    additions: dict[str, list[Life[Line]]] = defaultdict(list)
    for life in lives(estate, Line, estate.lines):
        additions[life.last.agreement_id].append(life)
    for first in first_days(estate.as_of, months):
        number = 0
        for agreement_life in agreements:
            agreement = agreement_life.at(midnight(first))
            if agreement is None or not _is_due(agreement, first):
                continue
            lines = tuple(_lines(agreement, additions[agreement.id], first))
            if lines:
                number += 1
                yield _invoice(agreement, first, f"{first:%Y%m}{number:05d}", lines)


def _is_due(agreement: Agreement, first: date) -> bool:
    start = agreement.starts_on if agreement.starts_on.day == 1 else next_month(agreement.starts_on)
    return start <= first and (first.month - start.month) % _MONTHS[agreement.billing_cycle] == 0


def _lines(agreement: Agreement, additions: list[Life[Line]], first: date) -> Iterator[InvoiceLine]:
    for life in additions:
        line = life.at(midnight(first))
        if line is not None and is_billed(line, agreement, first):
            amount = max(line.quantity - line.included, Decimal(0)) * line.unit_price
            yield InvoiceLine(
                id=f"{first:%Y%m}-{line.id}",
                line_id=line.id,
                product_code=line.product_code,
                description=PRODUCT_BY_CODE[line.product_code].name,
                quantity=line.quantity,
                included=line.included,
                unit_price=line.unit_price,
                amount=amount.quantize(_CENT, ROUND_HALF_UP),
            )


def _invoice(agreement: Agreement, first: date, number: str, lines: tuple[InvoiceLine, ...]) -> IssuedInvoice:
    months = first.month - 1 + _MONTHS[agreement.billing_cycle]
    return IssuedInvoice(
        id=number,
        number=f"INV-{number}",
        agreement_id=agreement.id,
        client_id=agreement.client_id,
        issued_on=first,
        period_start=first,
        period_end=date(first.year + months // 12, months % 12 + 1, 1) - timedelta(days=1),
        currency=agreement.currency,
        total=sum((line.amount for line in lines), Decimal(0)),
        lines=lines,
    )
