"""The services table's rows, and the lines of one service. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.reconcile.screens.schemas import ServiceRow
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.billing.texts import display_texts


@dataclass
class ServiceLine:
    """Findings of one service in one currency. `id` tells it apart in the list and names it in the address."""

    id: str
    number: int
    name: str
    second: str
    clients: str
    findings: str
    not_ready: str
    billed: str
    expected: str
    under: str
    over: str
    net: str
    net_of: str
    apart: str
    currency: str
    queue_href: str
    display: str = ""
    display_of: str = ""


def service_line(row: ServiceRow, number: int, rates: Rates | None = None) -> ServiceLine:
    """`rates` are those of the display currency."""
    currency, sums = row.sums.currency, row.sums
    display, display_of = display_texts(sums.net, currency, rates)
    is_account = row.scope == "account"
    query = {"kind": "unmapped", "integration": row.integration} if is_account else {"service": row.service_key}
    return ServiceLine(
        id=key_of(row),
        number=number,
        name=f"Accounts of {row.integration} without a client" if is_account else row.name,
        second=", ".join(part for part in (row.product_code, "" if is_account else row.integration) if part),
        clients=f"{row.clients:,}",
        findings=f"{row.findings:,}",
        not_ready=words.count(row.not_ready, "finding") + " not ready" if row.not_ready else "",
        billed=format_quantity(row.billed),
        expected=format_quantity(row.expected),
        under=format_amount(sums.under, currency, signed=True) if sums.under else "",
        over=format_amount(sums.over, currency, signed=True) if sums.over else "",
        net=format_amount(sums.net, currency, signed=True) if currency else "",
        net_of="under" if sums.net > 0 else "over" if sums.net < 0 else "",
        apart=format_amount(row.apart, currency, signed=True) if row.apart and currency else "",
        currency=currency,
        queue_href=addresses.address(addresses.REVIEW, {**query, "currency": currency}),
        display=display if sums.net else "",
        display_of=display_of,
    )


def key_of(row: ServiceRow) -> str:
    """``service|USD`` or ``account||Huntress``: what findings belong to the row."""
    if row.scope == "account":
        return f"account||{row.integration}"
    return f"service|{row.sums.currency}|{row.service_key}"
