"""States of the pages of plans: the plans themselves, who pays what, and who issues the invoices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.subscription import desk, issuing, offers, sending
from rcx_app.domain.subscription.issuing import Terms
from rcx_app.domain.subscription.schemas import Issuer
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.base import AppState
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.plans import rows
from rcx_app.ui.pages.plans.rows import BillLine, CustomerLine, EventLine, VersionLine

_TEXTS = ("name", "address", "tax_id", "email", "bank", "prefix")
_NUMBERS = ("payment_days", "trial_days", "trial_plan_id", "warn_percent")
_NO_NUMBER = -1


def _number(form: dict[str, Any], name: str) -> int:
    """What a form's field holds; a number that no service takes where it holds none."""
    text = str(form.get(name, "")).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else _NO_NUMBER


class PlansState(AppState):
    """Every version of every plan, and the forms of new ones. `editing` is the plan whose words are edited."""

    versions: list[VersionLine] = []
    is_loaded: bool = False
    wrong_plan: str = ""
    wrong_price: str = ""
    form_key: int = 0
    today: str = ""

    @rx.event
    @requires(Permission.PLATFORM)
    async def load(self) -> None:
        await self._load()

    @rx.event
    @requires(Permission.PLATFORM)
    async def add_plan(self, form: dict[str, Any]) -> Any:
        """A new plan with its first prices."""
        try:
            await write_across(_new_plan, form)
        except RcxError as error:
            self.wrong_plan = str(error)
            return None
        await self._load()
        return rx.toast.success("The plan is there.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def add_version(self, form: dict[str, Any]) -> Any:
        """New prices of a plan from a day on."""
        try:
            await write_across(_new_version, _number(form, "plan_id"), form)
        except RcxError as error:
            self.wrong_price = str(error)
            return None
        await self._load()
        return rx.toast.success("The prices are kept.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def offer(self, plan_id: int, name: str, about: str, is_offered: bool) -> None:
        """Let a plan be chosen, or no more."""
        await write_across(offers.describe, plan_id, name, about, is_offered)
        await self._load()

    async def _load(self) -> None:
        self.versions = rows.versions(await read_across(offers.history))
        self.wrong_plan, self.wrong_price, self.is_loaded = "", "", True
        self.today = clock.today().isoformat()
        self.form_key += 1


class CustomersState(AppState):
    """Who pays what, and the newest invoices. `acting` is the workspace or invoice whose dialog is open."""

    customers: list[CustomerLine] = []
    bills: list[BillLine] = []
    is_loaded: bool = False
    dialog: str = ""
    acting: int = 0
    acting_name: str = ""
    wrong: str = ""
    first: str = ""
    last: str = ""

    @rx.event
    @requires(Permission.PLATFORM)
    async def load(self) -> None:
        end = clock.today().replace(day=1) - timedelta(days=1)
        self.first, self.last = end.replace(day=1).isoformat(), end.isoformat()
        await self._load()

    @rx.event
    @requires(Permission.PLATFORM)
    async def open(self, dialog: str, acting: int, name: str) -> None:
        """Open a dialog: tax, credit or note; an empty one closes it."""
        self.dialog, self.acting, self.acting_name, self.wrong = dialog, acting, name, ""

    @rx.event
    @requires(Permission.PLATFORM)
    async def act(self, form: dict[str, Any]) -> Any:
        """Do what the open dialog is for."""
        texts = {name: str(form.get(name, "")) for name in ("name", "percent", "amount", "reason")}
        try:
            if self.dialog == "tax":
                await write_across(desk.set_tax, self.acting, texts["name"], texts["percent"])
            elif self.dialog == "credit":
                await write_across(desk.give_credit, self.acting, texts["amount"], texts["reason"])
            elif self.dialog == "note":
                await write_across(desk.credit_note, self.acting, texts["reason"])
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.dialog = ""
        await self._load()
        return rx.toast.success("Done.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def from_day(self, text: str) -> None:
        """Choose the first day whose invoices are exported."""
        self.first = text[:10]

    @rx.event
    @requires(Permission.PLATFORM)
    async def to_day(self, text: str) -> None:
        """Choose the last day whose invoices are exported."""
        self.last = text[:10]

    @rx.var
    def query(self) -> str:
        return f"?from={self.first}&to={self.last}"

    async def _load(self) -> None:
        self.customers = [rows.customer(each) for each in await read_across(desk.customers)]
        self.bills = [rows.bill(name, each) for name, each in await read_across(desk.invoices)]
        self.is_loaded = True


class IssuerState(AppState):
    """Who issues, on what terms, and where events go."""

    values: dict[str, str] = {}
    tiers: list[VersionLine] = []
    webhook_url: str = ""
    has_secret: bool = False
    events: list[EventLine] = []
    is_loaded: bool = False
    wrong: str = ""
    wrong_webhook: str = ""
    form_key: int = 0

    @rx.event
    @requires(Permission.PLATFORM)
    async def load(self) -> None:
        await self._load()

    @rx.event
    @requires(Permission.PLATFORM)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep the issuer and the terms."""
        texts = {name: str(form.get(name, "")) for name in _TEXTS}
        numbers = {name: _number(form, name) for name in _NUMBERS}
        try:
            await write_across(issuing.save, Terms(**texts, **numbers))  # type: ignore[arg-type]
        except RcxError as error:
            self.wrong = str(error)
            return None
        await self._load()
        return rx.toast.success("Saved. Invoices from now on say so.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def save_webhook(self, form: dict[str, Any]) -> Any:
        """Keep where events are sent."""
        try:
            await write_across(issuing.save_webhook, str(form.get("url", "")), str(form.get("secret", "")))
        except RcxError as error:
            self.wrong_webhook = str(error)
            return None
        await self._load()
        return rx.toast.success("Saved.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def send_again(self, event_id: str) -> None:
        """Send an event once more."""
        await write_across(sending.try_again, event_id)
        await self._load()

    async def _load(self) -> None:
        found: Issuer = await read_across(issuing.issuer)
        self.values = {name: str(getattr(found, name) or "") for name in (*_TEXTS, *_NUMBERS)}
        self.values |= {name: str(getattr(found, name)) for name in ("payment_days", "trial_days", "warn_percent")}
        self.values["next_number"] = f"{found.prefix}{found.last_number + 1:06d}"
        self.webhook_url, self.has_secret = found.webhook_url, found.has_secret
        every = rows.versions(await read_across(offers.history))
        self.tiers = [each for each in every if each.kind == "Tier" and each.is_first]
        self.events = [rows.event(each) for each in await read_across(sending.deliveries)]
        self.wrong, self.wrong_webhook, self.is_loaded = "", "", True
        self.form_key += 1


def _new_plan(session: Any, context: Context, form: dict[str, Any]) -> None:
    texts = (str(form.get(name, "")) for name in ("key", "kind", "name", "about"))
    plan_id = offers.add_plan(session, context, *texts)
    _new_version(session, context, plan_id, form)


def _new_version(session: Any, context: Context, plan_id: int, form: dict[str, Any]) -> None:
    try:
        day = date.fromisoformat(str(form.get("valid_from", "")))
    except ValueError as error:
        raise Invalid("From which day the prices hold is missing.", remedy="Choose a day.") from error
    prices = dict(_price(line) for line in str(form.get("prices", "")).splitlines() if line.strip())
    offers.add_version(session, context, plan_id, day, _number(form, "clients"), _number(form, "most"), prices)


def _price(line: str) -> tuple[str, str]:
    """``USD 249.00``, in either order."""
    parts = line.split()
    if len(parts) != 2:
        raise Invalid(f"{line.strip()[:40]!r} is no price.", remedy="Write one a line, such as USD 249.00.")
    return (parts[0], parts[1]) if parts[0].isalpha() else (parts[1], parts[0])
