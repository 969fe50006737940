"""State of a client's invoices and history, read when their tab is opened. Rows come in pages and are kept short."""

from __future__ import annotations

from dataclasses import dataclass, field

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.money import format_amount, format_quantity
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import past
from rcx_app.ui import addresses, words
from rcx_app.ui.base import read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing.client.state import ClientState

_MOST = 1_000
"""Rows a page holds before older ones are left to the export."""
WORDS = {
    "found": ("Finding", "flag"),
    "gone": ("Finding gone", "check"),
    "decided": ("Verdict", "person"),
    "line": ("PSA line", "invoice"),
    "mapped": ("Mapping", "match"),
    "written": ("Written", "upload"),
}


@dataclass
class BilledLine:
    """One line of an invoice; `now` is what its agreement line bills today, `differs` says that it is not the same."""

    product: str
    code: str
    quantity: str
    price: str
    amount: str
    now: str
    differs: bool


@dataclass
class InvoiceLines:
    """An invoice with its lines."""

    id: int
    number: str
    day: str
    total: str
    currency: str
    integration: str
    lines: list[BilledLine] = field(default_factory=list)


@dataclass
class PastLine:
    """One thing that happened. `href` opens the finding it is about."""

    id: int
    at: str
    at_text: str
    word: str
    icon: str
    about: str
    text: str
    who: str
    href: str


class ClientPastState(ClientState):
    """Both lists. `asked` is the client whose rows these are."""

    invoices: list[InvoiceLines] = []
    invoice_count: int = 0
    more_invoices: bool = False
    happened: list[PastLine] = []
    more_happened: bool = False
    is_read: bool = False
    past_problem: str = ""
    past_remedy: str = ""
    _asked: int = 0
    _invoice_cursor: str = ""
    _past_cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """What the open tab shows, and how many invoices there are."""
        tab = self.router.url.query_parameters.get("tab", "")
        try:
            client_id = self._asked_id()
            if client_id != self._asked:
                self.invoices, self.happened, self.is_read = [], [], False
            self._asked = client_id
            self.invoice_count = await read(past.invoice_count, client_id)
            if tab == "invoices":
                self.invoices = []
                await self._invoices("")
            elif tab == "history":
                self.happened = []
                await self._happened("")
            self.past_problem = self.past_remedy = ""
        except RcxError as error:
            self.past_problem, self.past_remedy = error.message, error.remedy
        self.is_read = True

    @rx.event
    @requires(Permission.READ)
    async def older_invoices(self) -> None:
        if self._invoice_cursor:
            await self._invoices(self._invoice_cursor)

    @rx.event
    @requires(Permission.READ)
    async def earlier(self) -> None:
        if self._past_cursor:
            await self._happened(self._past_cursor)

    async def _invoices(self, cursor: str) -> None:
        page = await read(past.invoices, self._asked, cursor)
        self.invoices = [*self.invoices, *(_invoice(row) for row in page.items)]
        self._invoice_cursor = page.next_cursor if len(self.invoices) < _MOST else ""
        self.more_invoices = bool(self._invoice_cursor)

    async def _happened(self, cursor: str) -> None:
        page = await read(past.past, self._asked, cursor)
        begin, base = len(self.happened), addresses.client(self._asked)
        self.happened = [*self.happened, *(_past(begin + at, row, base) for at, row in enumerate(page.items))]
        self._past_cursor = page.next_cursor if len(self.happened) < _MOST else ""
        self.more_happened = bool(self._past_cursor)


def _invoice(row: past.InvoiceRow) -> InvoiceLines:
    return InvoiceLines(
        id=row.invoice_id,
        number=row.number or "without a number",
        day=words.day(row.issued_on),
        total=format_amount(row.total, row.currency),
        currency=row.currency,
        integration=row.integration,
        lines=[
            BilledLine(
                product=line.product,
                code=line.product_code if line.product_code != line.product else "",
                quantity=format_quantity(line.quantity),
                price=format_amount(line.unit_price, row.currency),
                amount=format_amount(line.amount, row.currency),
                now="" if line.now is None else format_quantity(line.now),
                differs=line.now is not None and line.now != line.quantity,
            )
            for line in row.lines
        ],
    )


def _past(number: int, row: past.PastRow, base: str) -> PastLine:
    word, icon = WORDS[row.what]
    return PastLine(
        id=number,
        at=row.at.isoformat(),
        at_text=words.moment(row.at),
        word=word,
        icon=icon,
        about=row.about,
        text=row.text,
        who=row.who,
        href=addresses.address(base, open=row.finding_id) if row.finding_id else "",
    )
