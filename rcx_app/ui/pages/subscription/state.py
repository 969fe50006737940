"""State of the page Subscription: how it stands, what is being chosen, and what that would cost."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.subscription import invoices, places, service
from rcx_app.domain.subscription.arithmetic import ADDON, TIER
from rcx_app.domain.subscription.schemas import InvoiceRow, Offer, Overview, Wanted
from rcx_app.ui import words
from rcx_app.ui.base import AppState, current_context, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.subscription import rows
from rcx_app.ui.pages.subscription.rows import Facts, InvoiceLine, MoneyLine, OfferLine, PlaceLine


def _everything(session: Any, context: Context) -> tuple[Overview | None, list[Offer], Page[InvoiceRow] | None, int]:
    is_owner = context.allows(Permission.OWN)
    return (
        service.overview(session, context),
        service.offered(session, context),
        invoices.listed(session, context) if is_owner else None,
        service.trial_days(session, context),
    )


class SubscriptionState(AppState):
    """`has_begun` False: the trial has not begun. `picked` and `units` are the choice; `stamp` that of its preview."""

    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    has_begun: bool = False
    may_change: bool = False
    trial_days: int = 0
    facts: Facts = Facts()
    tiers: list[OfferLine] = []
    addons: list[OfferLine] = []
    picked: int = 0
    units: dict[str, int] = {}
    stamp: str = ""
    act: str = ""
    today_title: str = ""
    today: list[MoneyLine] = []
    next_title: str = ""
    next: list[MoneyLine] = []
    notes: list[str] = []
    wrong: str = ""
    renews: bool = False
    left_out: list[PlaceLine] = []
    inside: list[PlaceLine] = []
    wrong_place: str = ""
    bills: list[InvoiceLine] = []
    has_more: bool = False
    is_cancelling: bool = False
    bill_name: str = ""
    bill_address: str = ""
    tax_id: str = ""
    tax: str = ""
    currencies: list[str] = []
    is_currency_fixed: bool = True
    wrong_details: str = ""
    _cursor: str = ""

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> None:
        await self._load()

    @rx.event
    @requires(Permission.OWN)
    async def pick(self, plan_id: int) -> None:
        """Look at another plan."""
        self.picked = plan_id
        await self._look()

    @rx.event
    @requires(Permission.OWN)
    async def set_units(self, plan_id: int, text: str) -> None:
        """Look at another number of an add-on."""
        plain = text.strip()
        if plain and not (plain.isascii() and plain.isdecimal() and len(plain) < 6):
            self.wrong, self.stamp = "The number of an add-on is 0 or more.", ""
            return
        self.units = {**self.units, str(plan_id): int(plain or 0)}
        await self._look()

    @rx.event
    @requires(Permission.OWN)
    async def leave(self) -> None:
        """Back to what is held."""
        await self._load()

    @rx.event
    @requires(Permission.OWN)
    async def apply(self) -> Any:
        """Make the change that is shown."""
        try:
            await write(service.change, self._wanted(), self.stamp)
        except Conflict as error:
            await self._look()
            self.wrong = str(error)
            return None
        except RcxError as error:
            self.wrong = str(error)
            return None
        await self._load()
        return rx.toast.success("Your plan is changed.")

    @rx.event
    @requires(Permission.OWN)
    async def ask_to_cancel(self, is_open: bool) -> None:
        self.is_cancelling = is_open

    @rx.event
    @requires(Permission.OWN)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Let the subscription end with what is paid for."""
        self.is_cancelling = False
        last = await write(service.cancel, str(form.get("reason", "")))
        await self._load()
        return rx.toast.success(f"Your subscription ends on {words.day(last)}.")

    @rx.event
    @requires(Permission.OWN)
    async def resume(self) -> Any:
        """Take the cancellation back."""
        await write(service.resume)
        await self._load()
        return rx.toast.success("Your subscription goes on.")

    @rx.event
    @requires(Permission.OWN)
    async def save_details(self, form: dict[str, Any]) -> Any:
        """Keep who invoices are made out to."""
        texts = (str(form.get(name, "")) for name in ("name", "address", "tax_id"))
        try:
            await write(service.save_details, *texts)
            if form.get("currency"):
                await write(service.choose_currency, str(form["currency"]))
        except RcxError as error:
            self.wrong_details = str(error)
            return None
        await self._load()
        return rx.toast.success("Saved.")

    @rx.event
    @requires(Permission.OWN)
    async def exchange(self, form: dict[str, Any]) -> Any:
        """Compare one client in another's place."""
        ids = [str(form.get(name, "")) for name in ("client", "instead_of")]
        if not all(each.isascii() and each.isdecimal() and len(each) < 19 for each in ids):
            self.wrong_place = "Choose both clients."
            return None
        try:
            await write(places.exchange, *(int(each) for each in ids))
        except RcxError as error:
            self.wrong_place = str(error)
            return None
        await self._load()
        return rx.toast.success("Changed. The next run compares it, in a moment.")

    @rx.event
    @requires(Permission.OWN)
    async def more(self) -> None:
        """Older invoices."""
        if self._cursor:
            page = await read(invoices.listed, self._cursor)
            self.bills = [*self.bills, *(rows.invoice(each) for each in page.items)]
            self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    @rx.var
    def is_changed(self) -> bool:
        """Whether the choice is another one than what is held."""
        held = {str(each.plan_id): each.units for each in self.addons}
        tier = next((each.plan_id for each in self.tiers if each.is_held), 0)
        wanted = {key: self.units.get(key, units) for key, units in held.items()}
        return self.has_begun and (self.picked != tier or wanted != held or self.is_untaken)

    @rx.var
    def is_untaken(self) -> bool:
        """A trial from which nothing was chosen yet."""
        return self.facts.state == "trial" and not self.renews

    def _wanted(self) -> Wanted:
        return Wanted(self.picked, {int(plan_id): units for plan_id, units in self.units.items()})

    async def _look(self) -> None:
        self.wrong, self.stamp = "", ""
        if not self.picked:
            return
        try:
            found = rows.shown(await write(service.preview, self._wanted()))
        except RcxError as error:
            self.wrong = str(error)
            return
        self.stamp, self.act, self.notes = found.stamp, found.act, found.notes
        self.today_title, self.today = found.title, found.today
        self.next_title, self.next = found.next_title, found.next

    async def _load(self) -> None:
        try:
            found, offered, page, self.trial_days = await read(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.may_change = (await current_context()).allows(Permission.OWN)
        self.problem, self.wrong, self.wrong_details, self.wrong_place, self.stamp = "", "", "", "", ""
        self.notes, self.is_cancelling, self.has_begun = [], False, found is not None
        self._show(found, offered)
        if page is not None:
            self.bills = [rows.invoice(each) for each in page.items]
            self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
        self.is_loaded = True

    def _show(self, found: Overview | None, offered: list[Offer]) -> None:
        held = found.items if found is not None else ()
        currency = found.currency if found is not None else "USD"
        self.tiers = rows.offers(offered, held, currency, kind=TIER)
        self.addons = rows.offers(offered, held, currency, kind=ADDON)
        self.picked = next((each.plan_id for each in self.tiers if each.is_held), 0)
        self.units = {str(each.plan_id): each.units for each in self.addons}
        self.facts = rows.facts(found) if found is not None else Facts(currency=currency)
        self.renews = found.renews if found is not None else False
        self.next_title, self.next = "", []
        if found is None:
            return
        self.left_out = rows.places(found.limit.left_out)
        self.inside = rows.places(found.limit.inside) if self.left_out else []
        if found.upcoming is not None:
            self.next_title = f"Next bill, {words.day(found.upcoming.on)}"
            self.next = rows.coming(found.upcoming, currency)
        self.bill_name, self.bill_address = found.party.name, found.party.address
        self.tax_id = found.party.tax_id
        self.tax = rows.tax(found.party)
        self.is_currency_fixed = found.currency_fixed
        self.currencies = sorted({code for each in offered for code in each.prices})
