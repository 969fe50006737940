"""The rows of the services page's list and what stands around it; pure transforms from the domain's answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.service_rules.schemas import (
    MonthlyMoney,
    ProductNumbers,
    ProductRow,
    RuleView,
    UnaccountedSku,
)
from rcx_app.domain.service_rules.sentence import plain
from rcx_app.ui import words
from rcx_app.ui.pages.services.reading import NO_SKU, Listed, sku_id
from rcx_app.ui.words import confidence_text

# A state: its word, the colour and the name of its icon.
STATES: dict[str, tuple[str, str, str]] = {
    "counted": ("Counted", "ok", "check"),
    "partly": ("Partly", "under", "alert"),
    "suggested": ("Suggested", "acc", "rules"),
    "not_counted": ("Not counted", "muted", "close"),
    "flat": ("Flat", "", "minus"),
    "rejected": ("Rejected", "muted", "close"),
    "retired": ("Retired", "muted", "minus"),
}


@dataclass
class Row:
    """One line of the list. `more` stands under the amount: how many other currencies, in full in `money_note`."""

    id: str
    name: str
    second: str
    billed: str = ""
    clients: str = ""
    money: str = ""
    currency: str = ""
    more: str = ""
    money_note: str = ""
    state: str = ""
    confidence: str = ""
    percent: int = 0
    tone: str = ""
    icon: str = ""
    note: str = ""


@dataclass
class BulkRow:
    """One suggestion of the bulk preview, with its rule in words."""

    id: str
    name: str
    sentence: str
    confidence: str


@dataclass
class Choice:
    """An entry of a filter menu."""

    value: str
    label: str
    count: str


@dataclass
class Said:
    """What was just done, said at the foot of the list; `whole` says it all."""

    subject: str = ""
    text: str = ""
    whole: str = ""
    tone: str = ""


def listed_rows(listed: Listed) -> list[Row]:
    """The rows of any tab."""
    return [
        *(_product_row(each) for each in listed.products.items),
        *(_rule_row(each) for each in listed.rules),
        *(sku_row(each) for each in listed.skus),
    ]


def one_currency(rows: Sequence[Row]) -> str:
    """The currency of all amounts, for the head; empty where they differ or there are none."""
    found = {row.currency for row in rows if row.money}
    return found.pop() if len(found) == 1 and not any(row.more for row in rows) else ""


def _product_row(row: ProductRow) -> Row:
    word, tone, icon = STATES[row.state]
    first, *others = by_size(row.money) or [None]
    suggestion = row.rule.confidence if row.rule is not None and row.state == "suggested" else None
    said = [f"{format_amount(each.amount, each.currency)} {each.currency}" for each in others if each]
    integration = row.rule.spec.integration if row.rule is not None else ""
    return Row(
        id=row.product_key,
        name=row.product_name or row.product_code,
        second=" · ".join(part for part in (row.product_code, integration) if part),
        billed=format_quantity(row.billed),
        clients=f"{row.clients:,}",
        money=format_amount(first.amount, first.currency) if first else "",
        currency=first.currency if first else "",
        more=f"{len(said)} more" if said else "",
        money_note=", ".join(said),
        state=word,
        confidence=confidence_text(suggestion),
        percent=int((suggestion or 0) * 100),
        tone=tone,
        icon=icon,
        note=state_note(row),
    )


def by_size(money: Sequence[MonthlyMoney]) -> list[Any]:
    """Amounts of several currencies, the largest first."""
    return sorted(money, key=lambda each: (-each.amount, each.currency))


def state_note(row: ProductRow) -> str:
    """A product's state in a sentence."""
    if row.state == "partly":
        one = row.clients_without_source == 1
        return (
            f"{words.count(row.clients_without_source, 'client')} of {row.clients:,} "
            f"{'has' if one else 'have'} no mapped account to count"
        )
    return {
        "counted": "Counted at every client that is billed for it",
        "suggested": "A rule is suggested and waits for you",
        "not_counted": "No rule counts it",
        "flat": "Every line bills 1, and no rule counts it",
    }[row.state]


def _rule_row(view: RuleView) -> Row:
    word, tone, icon = STATES[view.state]
    return Row(
        id=str(view.rule_id),
        name=view.name,
        second=" · ".join(part for part in (", ".join(view.spec.products), view.spec.integration) if part),
        confidence=confidence_text(view.confidence),
        percent=int((view.confidence or 0) * 100),
        state=word,
        tone=tone,
        icon=icon,
    )


def sku_row(row: UnaccountedSku) -> Row:
    """A group of unaccounted usage."""
    name = row.sku_name or row.sku or _capital(NO_SKU)
    return Row(
        id=sku_id(row),
        name=name,
        second=row.sku if row.sku != name else "",
        billed=f"{row.seats:,}",
        clients=f"{row.clients:,}",
        state=row.integration,
    )


def summary(numbers: ProductNumbers) -> str:
    """``31 counted, 3 partly, 2 suggested, 1 not counted, 1 flat``."""
    states = ("counted", "partly", "suggested", "not_counted", "flat")
    counts = [(numbers.states.get(state, 0), STATES[state][0].lower()) for state in states]
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "No products yet"


def state_choices(numbers: ProductNumbers) -> list[Choice]:
    """The states that some product is in."""
    return [
        Choice(state, STATES[state][0], f"{numbers.states[state]:,}")
        for state in STATES
        if numbers.states.get(state, 0)
    ]


def integration_choices(names: Iterable[tuple[str, int]]) -> list[Choice]:
    return [Choice(name, name or "All integrations", f"{number:,}") for name, number in names]


def bulk_rows(found: Iterable[RuleView]) -> list[BulkRow]:
    return [
        BulkRow(str(each.rule_id), each.name, plain(each.sentence), confidence_text(each.confidence)) for each in found
    ]


_SAID = {"accept": "accepted", "reject": "rejected", "retire": "retired"}


def said(verdict: str, name: str) -> Said:
    """What was just done, in words."""
    return Said(name, _SAID[verdict], f"{name} {_SAID[verdict]}", "ok")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
