"""What the right pane of the services page shows: a rule and what it counts, by client and by seat; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.reconcile.screens.schemas import FindingRow, RuleAtClient
from rcx_app.domain.service_rules.schemas import (
    Parts,
    ProductRow,
    RuleDetail,
    RulePreview,
    RuleView,
    SeatSample,
    UnaccountedSku,
    VersionRow,
)
from rcx_app.domain.service_rules.sentence import plain
from rcx_app.ui import addresses, words
from rcx_app.ui.components.reasons import FULL_WEIGHT, Evidence, ReasonView, reason_views
from rcx_app.ui.pages.services.reading import ASIDE, Hand, sku_key
from rcx_app.ui.pages.services.rows import STATES, by_size, sku_row, state_note
from rcx_app.ui.words import confidence_text

# Reasons whose values are numbers of clients: their text says all.
_TOLD = frozenset({"coverage"})


# Reasons in which one value is found inside the other, so that what differs says nothing.
_FOUND_IN = frozenset({"kind", "class", "integration"})


MOST_CLIENTS = 25


# Which way all differences go: is it too little that is billed?
_DIRECTIONS = {
    frozenset({True}): ("Under-billed a month", "under"),
    frozenset({False}): ("Over-billed a month", "over"),
}


@dataclass
class Part:
    """A piece of the rule's sentence."""

    text: str
    strong: bool


@dataclass
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass
class Number:
    """One large number: what it is, its value, a detail."""

    name: str
    value: str
    detail: str
    tone: str = ""


@dataclass
class ClientLine:
    """One client: what is billed beside what the rule counts. `counted` empty: no account there to count."""

    id: str
    name: str
    href: str
    billed: str
    counted: str
    delta: str
    verdict: str
    tone: str
    icon: str


@dataclass
class SeatLine:
    """One seat that the rule counts."""

    name: str
    what: str
    client: str
    seen: str
    seen_iso: str


@dataclass
class VersionLine:
    """One version of a rule."""

    version_id: int
    number: str
    day: str
    text: str
    is_shown: bool


@dataclass
class AsideLine:
    """A rule of the product that was rejected or retired, and where it stands."""

    id: str
    name: str
    word: str
    sentence: str
    href: str


@dataclass
class HandView:
    """What the right pane shows. `id` empty: nothing. `kind`: product | rule | sku; `rule_id` 0: nothing counts it."""

    id: str = ""
    kind: str = ""
    name: str = ""
    code: str = ""
    state: str = ""
    state_word: str = ""
    state_note: str = ""
    tone: str = ""
    icon: str = ""
    facts: list[Fact] = field(default_factory=list)
    rule_id: int = 0
    rule_version: int = 0
    rule_name: str = ""
    rule_state: str = ""
    version: str = ""
    dates: str = ""
    standing: str = ""
    sentence: list[Part] = field(default_factory=list)
    confidence: str = ""
    percent: str = "0%"
    reasons: list[ReasonView] = field(default_factory=list)
    marks: bool = False
    numbers: list[Number] = field(default_factory=list)
    agreement: str = ""
    at_clients: list[ClientLine] = field(default_factory=list)
    more_clients: int = 0
    seats: list[SeatLine] = field(default_factory=list)
    seats_note: str = ""
    versions: list[VersionLine] = field(default_factory=list)
    href: str = ""
    aside: list[AsideLine] = field(default_factory=list)


def hand(found: Hand, *, most: int = MOST_CLIENTS) -> HandView:
    """What is in hand, ready to draw; at most this many clients, those that differ first."""
    if found.sku is not None:
        return _sku_hand(found.sku, found.findings)
    if found.rule is None:
        return _bare(found.product, found.aside) if found.product is not None else HandView()
    view = found.rule.view
    state = found.product.state if found.product is not None else view.state
    word, tone, icon = STATES[state]
    product = found.product
    reasons = _reasons(view.reasons)
    return HandView(
        id=product.product_key if product is not None else str(view.rule_id),
        kind="product" if product is not None else "rule",
        name=(product.product_name or product.product_code) if product is not None else view.name,
        code=product.product_code if product is not None else ", ".join(view.spec.products),
        state=state,
        state_word=word,
        state_note=state_note(product) if product is not None else "",
        tone=tone,
        icon=icon,
        facts=_facts(product),
        rule_id=view.rule_id,
        rule_version=view.version,
        rule_name=view.name,
        rule_state=view.state,
        version=f"v{view.number}" if len(found.rule.versions) > 1 else "",
        dates=_dates(view.spec.effective_from, view.spec.effective_to),
        standing=_standing(found.rule),
        sentence=_sentence(view.sentence),
        confidence=confidence_text(view.confidence),
        percent=f"{int((view.confidence or 0) * 100)}%",
        reasons=reasons,
        marks=any(piece.differs for reason in reasons for piece in reason.left + reason.right),
        numbers=_numbers(found.preview, found.at_clients, view.state),
        agreement=_agreement(found.at_clients),
        at_clients=[_client(row) for row in found.at_clients[:most]],
        more_clients=max(0, len(found.at_clients) - most),
        seats=[seat_line(each) for each in found.seats],
        seats_note=_seats_note(found.preview, found.seats),
        versions=[_version(each) for each in found.rule.versions],
    )


def _bare(product: ProductRow, aside: Sequence[RuleView]) -> HandView:
    word, tone, icon = STATES[product.state]
    return HandView(
        id=product.product_key,
        kind="product",
        name=product.product_name or product.product_code,
        code=product.product_code,
        state=product.state,
        state_word=word,
        tone=tone,
        icon=icon,
        facts=_facts(product),
        aside=[
            AsideLine(
                id=str(each.rule_id),
                name=each.name,
                word=STATES[each.state][0],
                sentence=plain(each.sentence),
                href=addresses.address(addresses.SERVICES, tab=ASIDE, open=each.rule_id),
            )
            for each in aside
        ],
    )


def _sku_hand(row: UnaccountedSku, found: Sequence[FindingRow]) -> HandView:
    shown = sku_row(row)
    return HandView(
        id=shown.id,
        kind="sku",
        name=shown.name,
        code=shown.second,
        state_word=row.integration,
        facts=[Fact("Seats", shown.billed), Fact("Clients", shown.clients)],
        at_clients=[
            ClientLine(
                id=str(each.finding_id),
                name=each.client_name,
                href=addresses.client(each.client_id) if each.client_id else "",
                billed="",
                counted=format_quantity(each.count),
                delta="",
                verdict="",
                tone="",
                icon="",
            )
            for each in found
        ],
        more_clients=max(0, row.clients - len(found)),
        href=addresses.address(addresses.REVIEW, kind="unaccounted", integration=row.integration, service=sku_key(row)),
    )


def _facts(product: ProductRow | None) -> list[Fact]:
    if product is None:
        return []
    money = ", ".join(f"{format_amount(each.amount, each.currency)} {each.currency}" for each in by_size(product.money))
    return [
        Fact("Billed", format_quantity(product.billed)),
        Fact("Clients", f"{product.clients:,}"),
        Fact("Lines", f"{product.lines:,}"),
        Fact("A month", money or "no price"),
    ]


def _standing(rule: RuleDetail) -> str:
    """Who decided on the rule, and when."""
    view = rule.view
    if view.state == "suggested":
        return "Suggested by RCX, counts nothing until you accept it"
    did = {"active": "Accepted", "rejected": "Rejected", "retired": "Retired"}[view.state]
    if rule.decided_at is None:
        return "Written by hand" if view.confidence is None else did
    who = f" by {rule.decided_by}" if rule.decided_by else ""
    return f"{did}{who}, {words.day(rule.decided_at.date())}"


def _dates(start: date | None, end: date | None) -> str:
    if start is None:
        return f"until {words.day(end)}" if end is not None else ""
    return f"{words.day(start)} to {words.day(end)}" if end is not None else f"from {words.day(start)}"


def _sentence(parts: Parts) -> list[Part]:
    return [Part(text, strong) for text, strong in parts]


def _reasons(reasons: Iterable[Mapping[str, Any]]) -> list[ReasonView]:
    found = []
    for each in reasons:
        left, right = ("", "") if each["code"] in _TOLD else (str(each["left"]), str(each["right"]))
        is_compared = each["code"] not in _FOUND_IN
        found.append(Evidence(str(each["text"]), left, right, float(each["weight"]), is_compared))
    heaviest = max((abs(each.weight) for each in found), default=0.0)
    return reason_views(found, max(FULL_WEIGHT, heaviest))


def _numbers(preview: RulePreview | None, at_clients: Sequence[RuleAtClient], state: str) -> list[Number]:
    """What the rule takes today, and the money that its differences come to, never added over currencies."""
    if preview is None:
        return []
    billed = [row for row in at_clients if row.has_line]
    unbilled = [row for row in at_clients if not row.has_line]
    made = [
        Number("Seats counted", f"{preview.seats:,}", _counted_note(preview, at_clients)),
        Number("Clients", f"{preview.clients:,}", _unbilled_note(unbilled)),
    ]
    if state != "active":
        made.append(Number("Newly accounted", f"{preview.newly_accounted:,}", "taken by no rule yet"))
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in billed:
        if row.monthly_amount:
            sums[row.currency] += row.monthly_amount
    ordered = sorted(((each, sums[each]) for each in sums if sums[each]), key=lambda each: (-abs(each[1]), each[0]))
    texts = [f"{format_amount(amount, currency, signed=True)} {currency}" for currency, amount in ordered]
    name, tone = _DIRECTIONS.get(frozenset(amount > 0 for _, amount in ordered), ("Difference a month", ""))
    return [*made, Number(name, texts[0] if texts else "0.00", ", ".join(texts[1:]) or "on its lines", tone)]


def _counted_note(preview: RulePreview, at_clients: Sequence[RuleAtClient]) -> str:
    """Where the rule's count is no number of seats (quantities, different people, a peak), what it comes to."""
    total = sum((row.count for row in at_clients if row.count), Decimal(0))
    return "in mapped accounts" if total == preview.seats else f"count as {format_quantity(total)}"


def _unbilled_note(unbilled: Sequence[RuleAtClient]) -> str:
    return f"{len(unbilled):,} without a line for it" if unbilled else "all are billed for it"


def _agreement(at_clients: Sequence[RuleAtClient]) -> str:
    """``21 agree, 3 under-billed, 1 over-billed, 2 without an account``."""
    kinds = [_verdict(row)[0] for row in at_clients]
    parts = [
        (kinds.count("Agrees"), "agrees", "agree"),
        (kinds.count("Under-billed"), "under-billed", "under-billed"),
        (kinds.count("Over-billed"), "over-billed", "over-billed"),
        (kinds.count("Not billed"), "not billed", "not billed"),
        (kinds.count("No account"), "without an account", "without an account"),
    ]
    return ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number)


def _verdict(row: RuleAtClient) -> tuple[str, str, str]:
    if row.delta is None:
        return ("No account", "muted", "unmapped")
    if row.delta == 0:
        return ("Agrees", "ok", "check")
    if not row.has_line:
        return ("Not billed", "under", "under")
    return ("Under-billed", "under", "under") if row.delta > 0 else ("Over-billed", "over", "over")


def _client(row: RuleAtClient) -> ClientLine:
    verdict, tone, icon = _verdict(row)
    return ClientLine(
        id=str(row.client_id),
        name=row.client_name,
        href=addresses.client(row.client_id),
        billed=format_quantity(row.billed) if row.has_line else "",
        counted=format_quantity(row.expected) if row.expected is not None else "",
        delta=format_quantity(row.delta, signed=True) if row.delta else "",
        verdict=verdict,
        tone=tone,
        icon=icon,
    )


def seat_line(seat: SeatSample) -> SeatLine:
    """One seat of the evidence."""
    seen = seat.last_seen_at
    return SeatLine(
        name=seat.name,
        what=seat.identity if seat.identity and seat.identity != seat.name else seat.what,
        client=seat.client_name,
        seen=words.day(seen.date()) if seen else "",
        seen_iso=words.moment(seen) if seen else "",
    )


def _seats_note(preview: RulePreview | None, seats: Sequence[SeatSample]) -> str:
    return f"{len(seats):,} of {preview.seats:,}" if preview is not None else ""


def _version(row: VersionRow) -> VersionLine:
    never = row.effective_from is not None and row.effective_from == row.effective_to
    day = words.day(row.made_at.date() if never else row.effective_from or row.made_at.date())
    span = "in force on no day" if never else _dates(row.effective_from, row.effective_to) or "from the start"
    said = ", ".join(part for part in (span, *row.differences, row.made_by) if part)
    return VersionLine(row.version_id, f"v{row.number}", day, said, row.is_shown)
