"""What the page Subscription shows, as small rows made of what the services hand out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rcx_app.core.money import format_amount, trim
from rcx_app.core.text import fold
from rcx_app.domain.subscription.arithmetic import TIER, Bill, Held
from rcx_app.domain.subscription.life import State, last_day
from rcx_app.domain.subscription.schemas import CREDIT_NOTE, InvoiceRow, Offer, Overview, Party, Preview, Upcoming
from rcx_app.ui import words

_MOST_PLACES = 1000


@dataclass
class OfferLine:
    """A tier or an add-on to choose. `units` is what is held of it; `has_old_price`: held at an earlier price."""

    plan_id: int
    name: str
    about: str
    price: str
    clients: str
    most: int
    units: int
    is_held: bool
    old_price: str


@dataclass
class MoneyLine:
    """A line of what is due: words, how it comes about, amount."""

    text: str
    why: str
    amount: str
    is_total: bool = False


@dataclass
class InvoiceLine:
    """An invoice as a row."""

    id: int
    number: str
    kind: str
    issued: str
    period: str
    total: str
    due: str
    due_on: str
    href: str


@dataclass
class PlaceLine:
    """A client to choose among those that are, or are not, compared."""

    value: str
    label: str


@dataclass
class Shown:
    """What a change would do."""

    stamp: str
    title: str
    act: str
    today: list[MoneyLine]
    next_title: str
    next: list[MoneyLine]
    notes: list[str]


@dataclass
class Facts:
    """How the subscription stands, in words."""

    state: str = ""
    plan: str = ""
    monthly: str = ""
    currency: str = ""
    used: str = ""
    allowed: str = ""
    percent: int = 0
    next_amount: str = ""
    next_words: str = ""
    credit: str = ""
    ends: str = ""
    warning: str = ""
    warning_more: str = ""
    left_out: int = 0


def facts(found: Overview) -> Facts:
    """The numbers at the page's top, and what must be said beside them."""
    limit, allowed = found.limit, found.limit.allowed or 0
    made = Facts(
        state=found.state.value,
        plan=" + ".join(each.words for each in found.items) or "No plan",
        monthly=format_amount(found.monthly, found.currency),
        currency=found.currency,
        used=f"{limit.used:,}",
        allowed=f"{allowed:,}",
        percent=min(100, round(100 * limit.used / allowed)) if allowed else 100 * bool(limit.used),
        credit=format_amount(found.credit, found.currency),
        left_out=len(limit.left_out),
    )
    if found.upcoming is not None:
        made.next_amount = format_amount(found.upcoming.due, found.currency)
        made.next_words = f"on {words.day(found.upcoming.on)}"
    elif found.due_on is not None and not found.renews:
        made.next_words = f"Ends on {words.day(last_day(found.due_on))}"
    made.ends = words.day(last_day(found.due_on)) if found.due_on is not None else ""
    if found.state is State.ENDED and found.ended_on is not None:
        made.next_words = f"Ended on {words.day(found.ended_on)}"
    made.warning, made.warning_more = _warning(found)
    return made


def _warning(found: Overview) -> tuple[str, str]:
    limit = found.limit
    if limit.left_out:
        return (
            f"{words.count(len(limit.left_out), 'client is', 'clients are')} not compared",
            "The plan has no room for them. Nothing is deleted: take a larger plan or an add-on, or choose below whom "
            "it compares.",
        )
    if limit.is_near and found.state is not State.ENDED:
        return (
            f"{limit.used:,} of {limit.allowed:,} client accounts are in use",
            "Clients beyond that are not compared until the plan has room for them.",
        )
    return "", ""


def offers(found: Sequence[Offer], held: Sequence[Held], currency: str, *, kind: str) -> list[OfferLine]:
    """The tiers, or the add-ons, with a price in the workspace's currency."""
    have = {each.plan_id: each for each in held}
    return [
        _offer(each, have.get(each.plan_id), currency)
        for each in found
        if each.kind == kind and (currency in each.prices or each.plan_id in have)
    ]


def _offer(offer: Offer, held: Held | None, currency: str) -> OfferLine:
    price = offer.prices.get(currency)
    shown = held.unit_price if held is not None else price or Decimal(0)
    old = held is not None and price is not None and held.unit_price != price
    clients = held.clients if held is not None else offer.clients
    return OfferLine(
        plan_id=offer.plan_id,
        name=offer.name,
        about=offer.about,
        price=format_amount(shown, currency),
        clients=f"{clients:,} clients" if offer.kind == TIER else (f"{clients:,} more clients each" if clients else ""),
        most=offer.most,
        units=held.quantity if held is not None else 0,
        is_held=held is not None,
        old_price=f"{format_amount(price, currency)} {currency} for new ones" if old and price is not None else "",
    )


def shown(found: Preview) -> Shown:
    """A preview in lines, and the words of the button that makes it."""
    code = found.currency
    today = _today(found)
    if found.due:
        act = f"Change plan: {format_amount(found.due, code)} {code} due today"
    elif found.credited:
        act = f"Change plan: {format_amount(found.credited, code)} {code} credited"
    else:
        act = {"choose": "Choose for after the trial", "start": "Start"}.get(found.kind, "Change plan")
    if found.kind == "start" and found.due:
        act = f"Start: {format_amount(found.due, code)} {code} due today"
    notes = []
    if found.left_out:
        notes.append(
            f"{words.count(found.left_out, 'client')} would no longer be compared: this plan has room for "
            f"{found.allowed:,}. Nothing is deleted."
        )
    upcoming = found.upcoming
    return Shown(
        stamp=found.stamp,
        title=f"Due today, {words.day(found.day)}",
        act=act,
        today=today,
        next_title=f"Next bill, {words.day(upcoming.on)}" if upcoming is not None else "No next bill: it ends first",
        next=coming(upcoming, code),
        notes=notes,
    )


def _today(found: Preview) -> list[MoneyLine]:
    code = found.currency
    if found.bill is None:
        why = "The trial goes on" if found.kind == "choose" else ""
        return [MoneyLine("Nothing", why, format_amount(Decimal(0), code), True)]
    lines = _lines(found.bill, code)
    if found.credited:
        return [*lines, MoneyLine("Credited", "to your account", format_amount(found.credited, code), True)]
    if found.credit_used:
        lines.append(MoneyLine("Credit", "used", format_amount(-found.credit_used, code)))
    return [*lines, MoneyLine("Due", "", format_amount(found.due, code), True)]


def coming(found: Upcoming | None, code: str) -> list[MoneyLine]:
    """The next bill in lines."""
    if found is None:
        return []
    lines = _lines(found.bill, code)
    if found.credit_used:
        lines.append(MoneyLine("Credit", "used", format_amount(-found.credit_used, code)))
    return [*lines, MoneyLine("Due", "", format_amount(found.due, code), True)]


def _lines(bill: Bill, code: str) -> list[MoneyLine]:
    lines = [
        MoneyLine(
            line.text,
            f"{line.days} of {line.of_days} days" if line.days != line.of_days else "",
            format_amount(line.amount, code),
        )
        for line in bill.lines
    ]
    return [*lines, MoneyLine("Tax", "", format_amount(bill.tax, code))] if bill.tax else lines


def invoice(row: InvoiceRow) -> InvoiceLine:
    """An invoice or a credit note."""
    kind = "Credit note" if row.kind == CREDIT_NOTE else ("Taken back" if row.is_credited else "Invoice")
    return InvoiceLine(
        id=row.invoice_id,
        number=row.number,
        kind=kind,
        issued=words.day(row.issued_on),
        period=f"{row.period_from.day} to {words.day(row.period_to)}",
        total=f"{format_amount(row.total, row.currency)} {row.currency}",
        due=f"{format_amount(row.due, row.currency)} {row.currency}",
        due_on=words.day(row.due_on) if row.due else "",
        href=f"/settings/subscription/invoices/{row.invoice_id}.pdf",
    )


def tax(party: Party) -> str:
    """``VAT 19 %``, or nothing."""
    return f"{party.tax_name} {trim(party.tax_rate * 100):f} %" if party.tax_rate else ""


def places(found: Iterable[tuple[int, str]]) -> list[PlaceLine]:
    """Clients by name, as many as a list takes."""
    return [PlaceLine(str(client_id), name) for client_id, name in sorted(found, key=_by_name)[:_MOST_PLACES]]


def _by_name(pair: tuple[int, str]) -> tuple[str, int]:
    return fold(pair[1]), pair[0]
