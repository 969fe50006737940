"""Change sets and what is ready for them as the list shows them, with the words of their states. Pure: no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.writeback.eyes import who_can
from rcx_app.domain.writeback.schemas import ChangeState, ReadyLine, ReadyPsa, SetHead, SetState, Sum
from rcx_app.ui import addresses, words

_SETS: dict[SetState, tuple[str, str]] = {
    SetState.DRAFT: ("Draft", ""),
    SetState.WAITING: ("Waits for approval", "under"),
    SetState.APPROVED: ("Approved, waits", "acc"),
    SetState.SENDING: ("Sending", "acc"),
    SetState.DONE: ("Done", "ok"),
    SetState.CANCELLED: ("Cancelled", ""),
}
_COUNTED = (
    (ChangeState.VERIFIED, "verified"),
    (ChangeState.APPLIED_OUTSIDE, "typed in"),
    (ChangeState.UNDONE, "taken back"),
    (ChangeState.REFUSED, "refused"),
    (ChangeState.FAILED, "failed"),
    (ChangeState.UNCLEAR, "unclear"),
)
_NEEDS_A_LOOK = (ChangeState.REFUSED, ChangeState.FAILED, ChangeState.UNCLEAR)


@dataclass
class SetLine:
    """One change set in the list. `tone` colours the state; `money` holds a line a currency."""

    id: int
    name: str
    system: str
    label: str
    state: str
    tone: str
    changes: str
    money: str
    currency: str
    more_money: str
    prepared: str
    prepared_at: str
    approved: str
    approved_at: str
    result: str
    result_tone: str
    note: str
    href: str


@dataclass
class ReadyRow:
    """One approved quantity that is in no set."""

    id: int
    finding_id: int
    client: str
    product: str
    psa: str
    before: str
    after: str
    money: str
    direction: str
    currency: str
    day: str
    approver: str
    approved: str
    said: str
    is_possible: bool
    href: str


@dataclass
class PsaRow:
    """What waits for one PSA. `act` is what its button says."""

    id: int
    words: str
    money: str
    act: str
    left_out: str
    is_written: bool
    said: str


def name_of(set_id: int) -> str:
    """What people call a change set: CS-131."""
    return f"CS-{set_id}"


def state_words(head: SetHead) -> tuple[str, str]:
    """(words, tone) of a set's state."""
    if head.is_handoff and head.state == SetState.APPROVED:
        return "To be typed in", "acc"
    said, tone = _SETS[head.state]
    if head.state == SetState.APPROVED and head.error:
        return "Waits", "under"
    if head.state == SetState.DONE and (look := sum(head.counts.get(each, 0) for each in _NEEDS_A_LOOK)):
        return f"Done, {look:,} to look at", "under"
    return said, tone


def result_words(head: SetHead) -> tuple[str, str]:
    """What came of a set so far, and its tone: ``12 verified, 2 refused``."""
    found = [(state, said) for state, said in _COUNTED if head.counts.get(state)]
    tone = "fail" if any(state in _NEEDS_A_LOOK for state, _ in found) else ""
    return ", ".join(f"{head.counts[state]:,} {said}" for state, said in found), tone


def set_line(head: SetHead) -> SetLine:
    state, tone = state_words(head)
    result, result_tone = result_words(head)
    first, others = _money(head.sums)
    return SetLine(
        id=head.id,
        name=name_of(head.id),
        system=head.system,
        label=head.connection,
        state=state,
        tone=tone,
        changes=f"{head.changes:,}",
        money=first,
        currency=head.sums[0].currency if head.sums else "",
        more_money=others,
        prepared=head.preparer,
        prepared_at=words.day(head.created_at.date()),
        approved=_approval(head),
        approved_at=words.day(head.approved_at.date()) if head.approved_at else "",
        result=result,
        result_tone=result_tone,
        note=head.note or ("Typed in by people" if head.is_handoff else "One click" if head.is_one_click else ""),
        href=addresses.change_set(head.id),
    )


def _approval(head: SetHead) -> str:
    """Who approved it; of one that waits, whose turn it is."""
    if head.state != SetState.WAITING:
        return head.approver
    return who_can(head.approvers).rstrip(".") if head.says_no else "Yours to approve"


def ready_row(line: ReadyLine, psa: ReadyPsa) -> ReadyRow:
    said = line.why_not or (f"Last time: {line.last}" if line.last else "")
    return ReadyRow(
        id=line.line_id,
        finding_id=line.finding_id,
        client=line.client,
        product=line.product,
        psa=psa.connection,
        before=format_quantity(line.old_quantity),
        after=format_quantity(line.quantity),
        money=format_amount(line.month, line.currency, signed=True) if line.month is not None else "",
        direction=direction_of(line.month),
        currency=line.currency,
        day=words.day(line.effective_date),
        approver=line.approver,
        approved=", ".join(part for part in (line.approver, words.day(line.approved_at.date())) if part),
        said=said,
        is_possible=not line.why_not,
        href=addresses.address(addresses.REVIEW, open=line.finding_id),
    )


def psa_row(psa: ReadyPsa) -> PsaRow:
    possible = psa.possible
    left_out = len(psa.lines) - len(possible)
    totals: dict[str, Sum] = {}
    for each in possible:
        if each.month is not None:
            before = totals.get(each.currency)
            totals[each.currency] = Sum(each.currency, each.month + (before.month if before else 0), each.month)
    return PsaRow(
        id=psa.connection_id,
        words=f"{words.count(len(possible), 'approved quantity', 'approved quantities')} for {psa.system}"
        + (f" ({psa.connection})" if psa.connection != psa.system else ""),
        money="; ".join(
            f"{format_amount(each.month, currency, signed=True)} {currency}/month"
            for currency, each in sorted(totals.items())
        ),
        act=f"Prepare from {words.count(len(possible), 'approved finding')}" if possible else "",
        left_out=f"{words.count(left_out, 'other')} can't be prepared now" if left_out else "",
        is_written=psa.is_written,
        said=""
        if psa.is_written
        else "RCX does not write here: the set is exported, or handed over as a ticket's text.",
    )


def direction_of(money: Decimal | None) -> str:
    """under | over by the sign of an amount; "" for none."""
    if money is None:
        return ""
    return "under" if money > 0 else "over" if money < 0 else ""


def _money(sums: Sequence[Sum]) -> tuple[str, str]:
    """The first currency's amount, and the others' in words."""
    if not sums:
        return "", ""
    others = "; ".join(f"{format_amount(each.month, each.currency, signed=True)} {each.currency}" for each in sums[1:])
    return format_amount(sums[0].month, sums[0].currency, signed=True), others
