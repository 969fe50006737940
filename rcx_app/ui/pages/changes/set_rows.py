"""One change set and its changes as its page shows them, with the words of states and warnings. Pure: no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.writeback.schemas import OPEN_CHANGES, ChangeState, ChangeView, SetHead, SetState
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.changes.rows import direction_of, name_of, result_words, state_words

_STATES: dict[ChangeState, tuple[str, str]] = {
    ChangeState.WANTED: ("Being planned", ""),
    ChangeState.PLANNED: ("Planned", ""),
    ChangeState.SENT: ("Sending", "acc"),
    ChangeState.VERIFIED: ("Verified", "ok"),
    ChangeState.REFUSED: ("Refused", "fail"),
    ChangeState.FAILED: ("Failed", "fail"),
    ChangeState.UNCLEAR: ("Unclear", "under"),
    ChangeState.UNDONE: ("Taken back", ""),
    ChangeState.APPLIED_OUTSIDE: ("Typed in", "ok"),
    ChangeState.DROPPED: ("Taken out", ""),
}
_REFUSED = {
    "moved": "moved since review",
    "posted": "period invoiced",
    "ended": "line ended",
    "not_found": "line is gone",
    "calculated": "calculated by PSA",
    "committed": "inside a term",
    "same": "has it already",
}
_CYCLES = {"monthly": "month", "quarterly": "quarter", "annual": "year"}
WARNINGS = {
    "posted": "The period is invoiced already",
    "proration": "The PSA prorates",
    "calculated": "The PSA calculates this line",
    "commitment": "Less than is committed",
    "not_ready": "The source is not up to date",
    "large": "Unusually large",
    "psa": "Remark of the PSA",
}
"""Warning code -> words, in the order in which they are told."""


@dataclass
class Note:
    """A warning: its kind in words, and the sentence."""

    kind: str
    text: str


@dataclass
class ChangeLine:
    """One change. `operation` is the first of `says`, `why` what it was refused for; money in `currency`."""

    id: int = 0
    client: str = ""
    client_href: str = ""
    product: str = ""
    agreement: str = ""
    before: str = ""
    after: str = ""
    day: str = ""
    day_words: str = ""
    operation: str = ""
    says: list[str] = field(default_factory=list)
    this: str = ""
    following: str = ""
    direction: str = ""
    currency: str = ""
    cycle: str = ""
    state: str = ""
    why: str = ""
    tone: str = ""
    message: str = ""
    read_back: str = ""
    warned: str = ""
    warnings: list[Note] = field(default_factory=list)
    finding_href: str = ""
    can_drop: bool = False
    can_undo: bool = False
    can_look: bool = False


@dataclass
class Head:
    """The set. `act` names what approving does; `says_no`: why the person can't; `done` of `total` while it is sent."""

    id: int = 0
    name: str = ""
    system: str = ""
    label: str = ""
    state: str = ""
    tone: str = ""
    stage: str = ""
    revision: int = 0
    is_handoff: bool = False
    note: str = ""
    error: str = ""
    changes: str = ""
    this: str = ""
    month: str = ""
    prepared: str = ""
    approved: str = ""
    result: str = ""
    result_tone: str = ""
    act: str = ""
    says_no: str = ""
    warned: list[str] = field(default_factory=list)
    warned_count: int = 0
    planned: int = 0
    wanted: int = 0
    bad: int = 0
    undoable: int = 0
    done: int = 0
    total: int = 0
    csv: str = ""
    xlsx: str = ""


def head_row(head: SetHead) -> Head:
    state, tone = state_words(head)
    result, result_tone = result_words(head)
    counts = head.counts
    planned = counts.get(ChangeState.PLANNED, 0)
    to_go = sum(counts.get(each, 0) for each in OPEN_CHANGES if each != ChangeState.UNCLEAR)
    said = words.count(planned, "change")
    return Head(
        id=head.id,
        name=name_of(head.id),
        system=head.system,
        label=head.connection,
        state=state,
        tone=tone,
        stage=head.state.value,
        revision=head.revision,
        is_handoff=head.is_handoff,
        note=head.note,
        error=head.error if head.state not in (SetState.DONE, SetState.CANCELLED) else "",
        changes=f"{head.changes:,}",
        this="; ".join(f"{_amount(each.this, each.currency)} {each.currency}" for each in head.sums if each.this)
        or "nothing",
        month="; ".join(f"{_amount(each.month, each.currency)} {each.currency}" for each in head.sums) or "none",
        prepared=_who(head.preparer, head.created_at),
        approved=_who(head.approver, head.approved_at),
        result=result,
        result_tone=result_tone,
        act=f"Approve {said} for typing in" if head.is_handoff else f"Write {said} to {head.system}",
        says_no=head.says_no,
        warned=_warned(head.warnings),
        warned_count=head.warned,
        planned=planned,
        wanted=counts.get(ChangeState.WANTED, 0),
        bad=sum(counts.get(each, 0) for each in (ChangeState.REFUSED, ChangeState.FAILED, ChangeState.UNCLEAR)),
        undoable=counts.get(ChangeState.VERIFIED, 0),
        done=head.changes - to_go,
        total=head.changes,
        csv=addresses.export_change_set(head.id, "csv"),
        xlsx=addresses.export_change_set(head.id, "xlsx"),
    )


def change_line(change: ChangeView, stage: SetState, *, is_handoff: bool = False) -> ChangeLine:
    """`stage` is the set's state: what may be done with a change depends on it. `is_handoff`: people type it in."""
    state, tone = _STATES[change.state]
    why = _REFUSED.get(change.reason, "") if change.state == ChangeState.REFUSED else ""
    if change.reason == "same":
        state, tone = "Nothing to do", ""
    if change.state == ChangeState.PLANNED and stage in (SetState.APPROVED, SetState.SENDING):
        state = "To be typed in" if is_handoff else "Waits"
    unsent = change.state in (ChangeState.WANTED, ChangeState.PLANNED)
    return ChangeLine(
        id=change.id,
        client=change.client_name,
        client_href=addresses.client(change.client_id),
        product=change.product_name,
        agreement=change.agreement,
        before=format_quantity(change.old_quantity),
        after=format_quantity(change.quantity),
        day=words.day(change.effective_date) if change.effective_date else "At once",
        day_words=f"from {words.day(change.effective_date)}" if change.effective_date else "at once",
        operation=_operation(change, is_handoff=is_handoff),
        says=list(change.says),
        this=_amount(change.money_this, change.currency),
        following=_amount(change.money_next, change.currency),
        direction=direction_of(change.money_next),
        currency=change.currency,
        cycle=_CYCLES.get(change.cycle, "invoice"),
        state=state,
        why=why,
        tone=tone,
        message=change.message,
        read_back=format_quantity(change.read_back) if change.read_back is not None else "",
        warned=", ".join(dict.fromkeys(WARNINGS.get(each.code, each.code) for each in change.warnings)),
        warnings=[Note(WARNINGS.get(each.code, each.code), each.text) for each in change.warnings],
        finding_href=addresses.address(addresses.REVIEW, open=change.finding_id) if change.finding_id else "",
        can_drop=unsent and stage in (SetState.DRAFT, SetState.WAITING),
        can_undo=change.can_undo,
        can_look=change.state == ChangeState.UNCLEAR,
    )


def _operation(change: ChangeView, *, is_handoff: bool) -> str:
    """What is sent first, or why nothing is."""
    if change.says:
        return change.says[0]
    by_hand = f"Typed in by people: {format_quantity(change.quantity)} on {change.agreement}"
    return by_hand if is_handoff and not change.message else change.message or "Not planned yet"


def _warned(warnings: Mapping[str, int]) -> list[str]:
    return [f"{said}: {words.count(warnings[code], 'change')}" for code, said in WARNINGS.items() if warnings.get(code)]


def _who(name: str, at: datetime | None) -> str:
    return ", ".join(part for part in (name, words.day(at.date()) if at else "") if part)


def _amount(value: Decimal | None, currency: str) -> str:
    return "" if value is None else format_amount(value, currency, signed=True)
