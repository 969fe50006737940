"""Turns what stands on a finding, and what was ever done, into what the panel shows. Pure: no state, no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.reconcile.screens.detail_schemas import FindingDetail
from rcx_app.domain.review.schemas import HistoryEntry, Jump, PastDecision, ReviewState, Similar
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.billing import texts

NO_NUMBER = "Write a number for each line, such as 2 or -1.5"
_MOST = Decimal(10) ** 9
# What a deed did, for the history and for what is said of past decisions.
DONE = {
    "approve": "approved",
    "dismiss": "dismissed",
    "snooze": "snoozed",
    "at_vendor": "marked to be fixed at the vendor",
    "wrong_mapping": "marked as wrongly mapped",
    "reopen": "opened again",
    "assign": "assigned",
    "split": "split",
    "tag": "tagged",
    "comment": "commented",
    "returned": "opened again by itself",
    "undone": "took the last step back",
}
# The same said of the finding that is open.
DID_IT = {
    "approve": "approved it",
    "dismiss": "dismissed it",
    "snooze": "snoozed it",
    "at_vendor": "marked it to be fixed at the vendor",
    "wrong_mapping": "marked its mapping as wrong",
    "reopen": "opened it again",
    "assign": "assigned it",
    "split": "split its difference",
    "undone": "took a step back",
}
SCOPES = (
    ("until_changed", "Until its numbers change"),
    ("this_period", "For this period"),
    ("for_good", "For good"),
)
_SCOPE_SAID = {"until_changed": "until its numbers change", "this_period": "for this period", "for_good": "for good"}
_BASES = {"client_product": "on this client and service", "rule": "under this rule"}


@dataclass
class HistoryLine:
    """One deed in words."""

    id: int
    at: str
    at_text: str
    who: str
    did: str
    text: str
    is_undone: bool


@dataclass
class PastLine:
    """A decision on a finding like this one."""

    at: str
    at_text: str
    said: str
    where: str
    reason: str


@dataclass
class SplitLine:
    """A line of the finding, what of the difference it takes, and what it then bills ("" for no number)."""

    id: int
    name: str
    agreement: str
    quantity: str
    change: str
    becomes: str


@dataclass
class ReviewView:
    """What stands on the open finding, as text. `approve` names the act by its effect, `effect` says all of it."""

    id: int = 0
    state: str = "open"
    decided: str = ""
    reason: str = ""
    returned: str = ""
    approve: str = ""
    effect: str = ""
    refusal: str = ""
    day: str = ""
    day_text: str = ""
    first_day: str = ""
    day_words: str = ""
    assignee: str = ""
    assignee_id: str = ""
    tags: list[str] = field(default_factory=list)
    lines: list[SplitLine] = field(default_factory=list)
    split_said: str = ""
    jump_href: str = ""
    jump_text: str = ""
    jump_words: str = ""
    past: str = ""


def review_view(found: FindingDetail, state: ReviewState, similar: Similar) -> ReviewView:
    row = found.row
    due = row.expected if row.expected is not None else row.count
    money = "" if row.monthly_amount is None else format_amount(row.monthly_amount, row.currency, signed=True)
    day = state.dates.default if state.dates else None
    jump_href, jump_text = jump_link(state.jump)
    return ReviewView(
        id=row.finding_id,
        state=state.state,
        decided=decided_words(state),
        reason=state.reason,
        returned=state.returned[:1].upper() + state.returned[1:],
        approve=f"Approve {format_quantity(due)}" + (f", {money} {row.currency}" if money else ""),
        effect=f"{format_quantity(row.billed)} to {format_quantity(due)}"
        + (f", {money} {row.currency} a month" if money else ""),
        refusal=state.refusal,
        day=day.isoformat() if day else "",
        day_text=words.day(day) if day else "",
        first_day=state.dates.earliest.isoformat() if state.dates else "",
        day_words=_day_words(state),
        assignee=state.assignee,
        assignee_id=str(state.assignee_id or ""),
        tags=list(state.tags),
        lines=_split_lines(found, state),
        split_said=_split_words(found, state),
        jump_href=jump_href,
        jump_text=jump_text,
        jump_words=state.jump.words if state.jump else "",
        past=past_words(similar),
    )


def decided_words(state: ReviewState) -> str:
    """``Approved by Dana Whitfield on 21 Nov 2026, from 1 Dec 2026``; empty while it is open."""
    if state.state == "open":
        return ""
    said = texts.DECIDED.get(state.state, state.state)
    said += f" by {state.decided_by}" if state.decided_by else ""
    said += f" on {words.day(state.decided_at.date())}" if state.decided_at else ""
    if state.effective_date:
        said += f", from {words.day(state.effective_date)}"
    if state.snoozed_until:
        said += f", until {words.day(state.snoozed_until)}"
    return said + (f", {_SCOPE_SAID[state.scope]}" if state.scope in _SCOPE_SAID else "")


def _day_words(state: ReviewState) -> str:
    if state.dates is None:
        return ""
    return f"{state.dates.words} The earliest day is {words.day(state.dates.earliest)}."


def jump_link(jump: Jump | None) -> tuple[str, str]:
    """Where a finding that is wrong elsewhere is put right."""
    if jump is None:
        return "", ""
    if jump.page == "mapping" and jump.account_id is not None:
        return addresses.address(addresses.MAPPING, account=jump.account_id), "Open the account"
    if jump.page == "mapping":
        return addresses.MAPPING, "Open the mapping"
    return addresses.address(addresses.INTEGRATIONS, connection=jump.connection_id), "Open the integration"


def _split_lines(found: FindingDetail, state: ReviewState) -> list[SplitLine]:
    """The lines between which the difference can be divided; none where there is only one."""
    if len(found.lines) < 2 or not found.row.delta:
        return []
    kept: Mapping[int, Decimal] = dict(state.split)
    first = found.lines[0].line_id
    made = []
    for line in found.lines:
        change = kept.get(line.line_id, Decimal(0) if kept or line.line_id != first else found.row.delta)
        name = f"Line {line.external_id}"
        given, becomes = f"{change.normalize():f}", format_quantity(line.quantity + change)
        made.append(SplitLine(line.line_id, name, line.agreement, format_quantity(line.quantity), given, becomes))
    return made


def _split_words(found: FindingDetail, state: ReviewState) -> str:
    """How the difference is divided: ``8848 −1, 8849 −3``; "" where nobody has divided it."""
    names = {line.line_id: line.external_id for line in found.lines}
    return ", ".join(f"{names.get(key, key)} {format_quantity(change, signed=True)}" for key, change in state.split)


def split_said(parts: Mapping[int, str], billed: Mapping[int, Decimal], delta: Decimal) -> tuple[dict[int, str], str]:
    """What typed parts lead to: (line -> what it then bills, "" for no number; what is left of the difference)."""
    numbers = {line_id: number_in(text) for line_id, text in parts.items()}
    becomes = {
        line_id: "" if number is None else format_quantity(billed[line_id] + number)
        for line_id, number in numbers.items()
    }
    if None in numbers.values():
        return becomes, NO_NUMBER
    left = delta - sum((each for each in numbers.values() if each is not None), Decimal(0))
    if below := [becomes[line_id] for line_id, number in numbers.items() if billed[line_id] + (number or 0) < 0]:
        return becomes, f"A line can't bill {below[0]}"
    return becomes, f"{format_quantity(left, signed=True)} left to give out" if left else "All of it is given out"


def number_in(text: str) -> Decimal | None:
    """What was typed as a number, nothing being 0; None where it is none, or has a comma: that could mean either."""
    try:
        found = Decimal(text.strip().replace("\N{MINUS SIGN}", "-") or "0")
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _MOST else None


def history_lines(entries: tuple[HistoryEntry, ...]) -> list[HistoryLine]:
    return [
        HistoryLine(
            entry.event_id,
            entry.at.isoformat(),
            words.day(entry.at.date()),
            entry.user_name,
            _did(entry),
            entry.text,
            entry.is_undone,
        )
        for entry in entries
    ]


def _did(entry: HistoryEntry) -> str:
    said = DONE.get(entry.deed, entry.deed.replace("_", " "))
    if entry.deed == "approve" and entry.delta is not None:
        said += f" {format_quantity(entry.delta, signed=True)}"
    if entry.deed == "approve" and entry.effective_date is not None:
        said += f" from {words.day(entry.effective_date)}"
    return said


def past_words(similar: Similar) -> str:
    """``2 approved, 1 dismissed on this client and service``: the nearest basis that has decisions of its own."""
    for basis, said in _BASES.items():
        counts = similar.counts.get(basis, {})
        if counts:
            named = (
                f"{number} {DONE.get(deed, deed)}" for deed, number in sorted(counts.items(), key=lambda each: -each[1])
            )
            return f"{', '.join(named)} {said}"
    return ""


def past_lines(similar: Similar) -> list[PastLine]:
    """Decisions on other findings like this one; its own are its history."""
    return [_past(each) for each in similar.newest if each.basis != "series"]


def _past(past: PastDecision) -> PastLine:
    moved = f" {format_quantity(past.delta, signed=True)}" if past.delta is not None else ""
    said = f"{past.user_name} {DONE.get(past.deed, past.deed)}{moved}"
    where = ", ".join(part for part in (past.client, past.product) if part)
    return PastLine(past.at.isoformat(), words.day(past.at.date()), said, where, past.reason)


def snooze_days(today: date) -> list[tuple[str, str]]:
    """(day, words) that a finding can be put off to by one key."""
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    named = (("Tomorrow", today + timedelta(days=1)), ("In a week", today + timedelta(days=7)), ("Next month", first))
    return [(day.isoformat(), f"{said}, {words.day(day)}") for said, day in named]
