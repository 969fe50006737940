"""What the pages of plans show, as small rows made of what the services hand out."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.core.money import format_amount, trim
from rcx_app.domain.subscription.arithmetic import TIER
from rcx_app.domain.subscription.schemas import CREDIT_NOTE, Customer, Delivery, InvoiceRow, Offer
from rcx_app.ui import words


@dataclass
class VersionLine:
    """A plan at one of its versions."""

    id: int
    plan_id: int
    key: str
    name: str
    about: str
    kind: str
    is_offered: bool
    version: str
    valid_from: str
    clients: str
    most: str
    prices: str
    is_first: bool


@dataclass
class CustomerLine:
    """A workspace and what it pays."""

    id: int
    name: str
    state: str
    plan: str
    monthly: str
    clients: str
    next: str
    tax: str
    credit: str


@dataclass
class BillLine:
    """An invoice of any workspace."""

    id: int
    number: str
    workspace: str
    kind: str
    issued: str
    total: str
    due: str
    may_take_back: bool
    href: str


@dataclass
class EventLine:
    """An event for accounting."""

    id: str
    kind: str
    workspace: str
    state: str
    tone: str
    tries: str
    at: str
    answer: str
    may_retry: bool


def versions(found: list[Offer]) -> list[VersionLine]:
    """Every version; the newest of each plan is the first and carries its words."""
    lines, seen = [], set()
    for each in found:
        lines.append(
            VersionLine(
                id=each.version_id,
                plan_id=each.plan_id,
                key=each.key,
                name=each.name,
                about=each.about,
                kind="Tier" if each.kind == TIER else "Add-on",
                is_offered=each.is_offered,
                version=f"{each.version}",
                valid_from=words.day(each.valid_from),
                clients=f"{each.clients:,}" if each.clients else "",
                most=f"{each.most:,}" if each.kind != TIER else "",
                prices=", ".join(f"{format_amount(price, code)} {code}" for code, price in each.prices.items()),
                is_first=each.plan_id not in seen,
            )
        )
        seen.add(each.plan_id)
    return lines


def customer(row: Customer) -> CustomerLine:
    """A workspace as a row."""
    coming = f"{'Bill' if row.renews else 'Ends'} {words.day(row.due_on)}" if row.due_on is not None else ""
    return CustomerLine(
        id=row.workspace_id,
        name=row.workspace,
        state=row.state.capitalize(),
        plan=row.plan,
        monthly=f"{format_amount(row.monthly, row.currency)} {row.currency}",
        clients=f"{row.clients:,} of {row.allowed:,}",
        next=coming,
        tax=f"{row.tax_name} {trim(row.tax_rate * 100):f} %" if row.tax_rate else "None",
        credit=f"{format_amount(row.credit, row.currency)} {row.currency}" if row.credit else "",
    )


def bill(workspace: str, row: InvoiceRow) -> BillLine:
    """An invoice as a row."""
    is_note = row.kind == CREDIT_NOTE
    return BillLine(
        id=row.invoice_id,
        number=row.number,
        workspace=workspace,
        kind="Credit note" if is_note else ("Taken back" if row.is_credited else "Invoice"),
        issued=words.day(row.issued_on),
        total=f"{format_amount(row.total, row.currency)} {row.currency}",
        due=f"{format_amount(row.due, row.currency)} {row.currency}",
        may_take_back=not is_note and not row.is_credited,
        href=f"/staff/plans/invoices/{row.invoice_id}.pdf",
    )


def event(row: Delivery) -> EventLine:
    """An event as a row."""
    said = {"delivered": ("Delivered", "ok"), "given_up": ("Given up", "fail")}.get(row.state, ("Waiting", "under"))
    at = row.delivered_at or row.created_at
    return EventLine(
        id=row.event_id,
        kind=row.kind,
        workspace=row.workspace,
        state=said[0],
        tone=said[1],
        tries=f"{row.tries}",
        at=at.isoformat(),
        answer=row.answer,
        may_retry=row.state != "delivered",
    )
