"""What the builder shows of a preview and a back-test, as small rows; pure transforms from the domain's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.service_rules.backtest import BackTest
from rcx_app.domain.service_rules.preview import FindingChange, FlagChange, Preview
from rcx_app.domain.service_rules.schemas import MonthlyMoney
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.services.hand_rows import Number, Part, SeatLine, seat_line

_HOW = {
    "appears": ("Appears", "under", "plus"),
    "vanishes": ("Vanishes", "ok", "minus"),
    "changes": ("Changes", "acc", "rules"),
}
_MOST_FLAGS = 20
_LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH = 16, 564, 12, 76, 600


@dataclass
class ChangeLine:
    """One finding before and after."""

    id: str
    client: str
    href: str
    what: str
    before: str
    after: str
    money: str
    word: str
    tone: str
    icon: str
    not_ready: str = ""


@dataclass
class EffectView:
    """The live preview, ready to draw. `is_known` False: nothing was worked out yet."""

    is_known: bool = False
    sentence: list[Part] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    changes: list[ChangeLine] = field(default_factory=list)
    changes_note: str = ""
    flags: list[ChangeLine] = field(default_factory=list)
    flags_note: str = ""
    seats: list[SeatLine] = field(default_factory=list)
    seats_note: str = ""
    refused: str = ""


@dataclass
class MonthLine:
    """A month of the back-test."""

    id: str
    day: str
    expected: str
    billed: str
    delta: str
    differing: str
    money: str
    x: str
    label: str


@dataclass
class TestedView:
    """The back-test, ready to draw: two lines over the months, and the table of the same numbers."""

    is_known: bool = False
    months: list[MonthLine] = field(default_factory=list)
    billed: str = ""
    expected: str = ""
    last_x: str = "0"
    last_billed: str = "0"
    last_expected: str = "0"
    summary: str = ""
    notes: list[str] = field(default_factory=list)


def money_text(money: Sequence[MonthlyMoney]) -> list[str]:
    """Amounts by currency, the largest first."""
    ordered = sorted(money, key=lambda each: (-abs(each.amount), each.currency))
    return [f"{format_amount(each.amount, each.currency, signed=True)} {each.currency}" for each in ordered]


def effect(found: Preview) -> EffectView:
    """The preview in rows."""
    sums = money_text(found.money)
    tone = "" if not found.money else "under" if all(each.amount > 0 for each in found.money) else ""
    total = found.appear + found.vanish + found.change
    parts = ((found.appear, "new"), (found.vanish, "gone"), (found.change, "other"))
    said = ", ".join(f"{number:,} {word}" for number, word in parts if number) or "none change"
    waiting = sum(bool(each.not_ready_before or each.not_ready_after) for each in found.changes)
    sure = "without what is not ready" if waiting else "of all differences"
    let_go = f"{found.let_go:,} let go" if found.let_go else "in no rule now"
    return EffectView(
        is_known=True,
        sentence=[Part(text, strong) for text, strong in found.sentence],
        numbers=[
            Number("Seats counted", f"{found.seats:,}", "of mapped clients"),
            Number("Clients", f"{found.clients:,}", "with such seats"),
            Number("Newly accounted", f"{found.newly_accounted:,}", let_go),
            Number("Findings", f"{total:,}", said),
            Number("Change a month", sums[0] if sums else "0.00", ", ".join(sums[1:]) or sure, tone),
        ],
        changes=[_change(at, each) for at, each in enumerate(found.changes)],
        changes_note=f"{len(found.changes):,} of {total:,}, most money first" if total else "",
        flags=[_flag(at, each) for at, each in enumerate(found.flags[:_MOST_FLAGS])],
        flags_note=f"{min(len(found.flags), _MOST_FLAGS):,} of {len(found.flags):,}",
        seats=[seat_line(each) for each in found.evidence],
        seats_note=f"{len(found.evidence):,} of {found.seats:,}" if found.seats else "",
        refused=found.refused,
    )


def _change(at: int, each: FindingChange) -> ChangeLine:
    word, tone, icon = _HOW[each.how]
    has_money = each.money_before is not None or each.money_after is not None
    money = (each.money_after or Decimal(0)) - (each.money_before or Decimal(0))
    return ChangeLine(
        id=str(at),
        client=each.client_name,
        href=addresses.client(each.client_id),
        what=each.what,
        before=format_quantity(each.before, signed=True) if each.before is not None else "",
        after=format_quantity(each.after, signed=True) if each.after is not None else "",
        money=f"{format_amount(money, each.currency, signed=True)} {each.currency}" if has_money and money else "",
        word=word,
        tone=tone,
        icon=icon,
        not_ready=each.not_ready_after or each.not_ready_before,
    )


def _flag(at: int, each: FlagChange) -> ChangeLine:
    word, tone, icon = ("Appears", "under", "plus") if each.how == "appears" else ("Vanishes", "ok", "minus")
    return ChangeLine(
        id=f"f{at}",
        client=each.client_name,
        href=addresses.client(each.client_id),
        what=each.message,
        before="",
        after="",
        money="",
        word=word,
        tone=tone,
        icon=icon,
    )


def tested(found: BackTest) -> TestedView:
    """The back-test in rows, and its two lines."""
    numbers = [each.expected for each in found.months] + [each.billed for each in found.months]
    low, high = (min(numbers), max(numbers)) if numbers else (Decimal(0), Decimal(1))
    spread = (high - low) or Decimal(1)
    last = max(1, len(found.months) - 1)

    def x(at: int) -> str:
        return f"{Decimal(_LEFT) + Decimal(_RIGHT - _LEFT) * at / last:.1f}" if len(found.months) > 1 else "300"

    def y(value: Decimal) -> str:
        return f"{Decimal(_BOTTOM) - (value - low) / spread * (_BOTTOM - _TOP):.1f}"

    def line(values: Sequence[Decimal]) -> str:
        return "".join(f"{'L' if at else 'M'}{x(at)} {y(value)}" for at, value in enumerate(values))

    months = [
        MonthLine(
            id=each.day.isoformat(),
            day=words.day(each.day),
            expected=format_quantity(each.expected),
            billed=format_quantity(each.billed),
            delta=format_quantity(each.expected - each.billed, signed=True) if each.expected != each.billed else "0",
            differing=f"{each.differing:,} of {each.clients:,}",
            money=", ".join(money_text(each.money)) or "0.00",
            x=x(at),
            label=words.day(each.day).split(" ", 1)[1][:3],
        )
        for at, each in enumerate(found.months)
    ]
    end = found.months[-1] if found.months else None
    return TestedView(
        is_known=True,
        months=months,
        billed=line([each.billed for each in found.months]),
        expected=line([each.expected for each in found.months]),
        last_x=x(len(months) - 1) if months else "0",
        last_billed=y(end.billed) if end else "0",
        last_expected=y(end.expected) if end else "0",
        summary="Billed against expected by month. "
        + " ".join(f"{each.day}: {each.billed} and {each.expected}." for each in months),
        notes=list(found.notes),
    )
