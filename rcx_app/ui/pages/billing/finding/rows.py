"""Turns one finding's facts into what its panel shows. Pure: no state, no markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.reconcile.screens.detail_schemas import (
    ArithmeticStep,
    FindingDetail,
    PendingAccount,
    SeatRow,
    SourceAccount,
    SourceLine,
)
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.billing import texts
from rcx_app.ui.words import confidence_text

_MOST_RECORDS = 6
_MOST_PENDING = 3
_HOW = {"person": "by hand", "file": "from a file", "rule": "by a rule", "model": "by the model"}


@dataclass
class StepLine:
    """One line of the sum. `evidence`: which seats open behind the number (counted | left_out), or empty."""

    op: str
    label: str
    note: str
    value: str
    unit: str
    evidence: str
    opens: str
    is_total: bool
    tone: str


@dataclass
class Fact:
    """A name and its value in a source record."""

    name: str
    value: str


@dataclass
class Record:
    """A source record as it was fetched."""

    id: str
    source: str
    fetched: str
    fetched_text: str
    facts: list[Fact] = field(default_factory=list)


@dataclass
class PendingLine:
    """An account that may belong to the client: its name, what is known of it, and where it is mapped."""

    name: str
    detail: str
    href: str


@dataclass
class SeatLine:
    """A named unit. `reason`: why the rule leaves it out, empty where it counts."""

    id: int
    name: str
    identity: str
    where: str
    integration: str
    reason: str
    seen: str
    seen_text: str


@dataclass
class Panel:
    """A whole finding as text."""

    id: int = 0
    client: str = ""
    client_href: str = ""
    title: str = ""
    code: str = ""
    billed: str = ""
    expected: str = ""
    amount: str = ""
    unit: str = ""
    direction: str = ""
    direction_word: str = ""
    kind: str = ""
    kind_icon: str = ""
    is_ready: bool = True
    state: str = ""
    sentence: str = ""
    inferred: list[str] = field(default_factory=list)
    not_ready: str = ""
    held: str = ""
    steps: list[StepLine] = field(default_factory=list)
    rule: str = ""
    rule_href: str = ""
    rule_act: str = ""
    lines: list[Record] = field(default_factory=list)
    accounts: list[Record] = field(default_factory=list)
    more_records: str = ""
    flags: list[str] = field(default_factory=list)
    map_href: str = ""
    pending: list[PendingLine] = field(default_factory=list)
    pending_title: str = ""
    pending_note: str = ""
    counted: str = ""
    left_out: str = ""


def panel(found: FindingDetail, held: int = 0) -> Panel:
    """`held`: counts of its client that fell too far and wait for somebody's word."""
    row = found.row
    kind, kind_icon = words.KINDS.get(row.kind, (row.kind, ""))
    account = found.accounts[0].name or found.accounts[0].external_id if found.accounts else ""
    is_account = row.scope == "account"
    left_out = sum((step.value for step in found.arithmetic if step.evidence == "left_out"), start=0)
    more = max(len(found.lines), len(found.accounts)) - _MOST_RECORDS
    rule, rule_href, rule_act = _rule(found)
    return Panel(
        id=row.finding_id,
        client=row.client_name,
        client_href=addresses.client(row.client_id) if row.client_id is not None else "",
        title=account if is_account else texts.service_name(row),
        code=row.integration if is_account else row.product_code or row.sku,
        billed=texts.billed_text(row),
        expected=texts.expected_text(row),
        amount=texts.amount_text(row.monthly_amount, row.currency),
        unit=f"{row.currency}/month" if row.monthly_amount is not None else "",
        direction=row.direction,
        direction_word=words.DIRECTIONS.get(row.direction, ""),
        kind=kind,
        kind_icon=kind_icon,
        is_ready=row.is_ready,
        state=texts.state_words(row.state, is_ready=row.is_ready)[0],
        sentence=_sentence(found),
        inferred=[each[:1].upper() + each[1:] for each in found.inferred],
        not_ready=found.not_ready_reason[:1].upper() + found.not_ready_reason[1:],
        held=f"Look at {words.count(held, 'count')} that fell" if held else "",
        steps=[_step(step, row.direction, is_ready=row.is_ready) for step in found.arithmetic],
        rule=rule,
        rule_href=rule_href,
        rule_act=rule_act,
        lines=[_line_record(line) for line in found.lines[:_MOST_RECORDS]],
        accounts=[_account_record(each) for each in found.accounts[:_MOST_RECORDS]],
        more_records=f"and {more} more" if more > 0 else "",
        flags=[flag.message for flag in found.flags],
        map_href=texts.map_href(row),
        pending=[_pending(each) for each in found.pending[:_MOST_PENDING]],
        pending_title=_pending_title(len(found.pending)),
        pending_note=_pending_note(len(found.pending)),
        counted=format_quantity(row.count),
        left_out=format_quantity(left_out) if left_out else "",
    )


def _pending(account: PendingAccount) -> PendingLine:
    seats = words.count(account.seats, "seat")
    href = addresses.address(addresses.MAPPING, account=account.account_id)
    return PendingLine(account.name, f"({seats}, {confidence_text(account.confidence)})", href)


def _pending_title(accounts: int) -> str:
    if accounts < 2:
        return "Another account may belong to this client"
    return f"{accounts:,} other accounts may belong to this client"


def _pending_note(accounts: int) -> str:
    if accounts < 2:
        return "Its seats are not counted until it is mapped."
    more = f"And {accounts - _MOST_PENDING:,} more. " if accounts > _MOST_PENDING else ""
    return f"{more}Their seats are not counted until they are mapped."


def _sentence(found: FindingDetail) -> str:
    """The plain sentence without what the panel says apart."""
    text = found.row.explanation
    for said in (f" Estimated: {'; '.join(found.inferred)}.", f" Not ready: {found.not_ready_reason}."):
        text = text.replace(said, "")
    return text


def _rule(found: FindingDetail) -> tuple[str, str, str]:
    """The rule's words, where it stands on the Services page, and what to do there."""
    row = found.row
    if row.scope == "account":
        return "", "", ""
    if row.rule_id is None:
        return "", texts.rule_href(row), "Make a rule"
    named = f"{found.rule_name}, v{found.rule_number}"
    return named, texts.rule_href(row), ""


def _step(step: ArithmeticStep, direction: str, *, is_ready: bool) -> StepLine:
    is_money = bool(step.unit)
    is_result = is_money and step.op == "="
    signed = is_result or step.label in ("Difference", "Billable difference")
    value = (
        format_amount(step.value, step.unit, signed=signed) if is_money else format_quantity(step.value, signed=signed)
    )
    opens = "seats that count" if step.evidence == "counted" else "seats left out"
    return StepLine(
        op=step.op,
        label=step.label,
        note=step.note,
        value=value,
        unit=step.unit,
        evidence=step.evidence,
        opens=f"Show the {opens}: {value}",
        is_total=step.op == "=",
        tone=direction if is_result and is_ready else "",
    )


def _line_record(line: SourceLine) -> Record:
    price = "none" if line.unit_price is None else f"{_price(line)} {line.currency}"
    facts = [
        Fact("Agreement", line.agreement),
        Fact("Line", line.external_id),
        Fact("Quantity", format_quantity(line.quantity)),
        Fact("Included", format_quantity(line.included_quantity)),
        Fact("Unit price", price),
        Fact("Billed", texts.CYCLES.get(line.billing_cycle, line.billing_cycle)),
        *_dates(line.effective_date, line.cancelled_date),
    ]
    return Record(f"line {line.line_id}", line.source, *_fetched(line.fetched_at), facts)


def _price(line: SourceLine) -> str:
    return format_amount(line.unit_price, line.currency) if line.unit_price is not None else ""


def _dates(effective: date | None, cancelled: date | None) -> list[Fact]:
    named = (("Effective", effective), ("Cancelled", cancelled))
    return [Fact(name, words.day(value)) for name, value in named if value is not None]


def _account_record(account: SourceAccount) -> Record:
    facts = [
        Fact("Account", account.name or account.external_id),
        Fact("Its id", account.external_id),
        Fact("Live seats", f"{account.seats:,}"),
        *([Fact("Mapped", _HOW.get(account.decided_how, account.decided_how))] if account.decided_how else []),
    ]
    return Record(f"account {account.account_id}", account.integration, *_fetched(account.fetched_at), facts)


def _fetched(at: datetime | None) -> tuple[str, str]:
    return (at.isoformat(), words.moment(at)) if at is not None else ("", "never fetched whole")


def seats(rows: Iterable[SeatRow]) -> list[SeatLine]:
    return [seat(row) for row in rows]


def seat(row: SeatRow) -> SeatLine:
    sold = row.sku_name or row.sku or row.device_class or row.kind
    return SeatLine(
        id=row.seat_id,
        name=row.name,
        identity=row.identity if row.identity != row.name else "",
        where=", ".join(part for part in (sold, "" if row.status == "active" else row.status) if part),
        integration=row.integration,
        reason=row.reason,
        seen=row.last_seen_at.isoformat() if row.last_seen_at else "",
        seen_text=words.day(row.last_seen_at.date()) if row.last_seen_at else "",
    )
