"""Pure transforms: settings, outlooks, models and history as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from rcx_app.domain.match_settings.levels import NAMES, text
from rcx_app.domain.match_settings.measure import ENOUGH
from rcx_app.domain.match_settings.schemas import (
    CurvePoint,
    Fate,
    Levels,
    Measured,
    Moved,
    Outlook,
    Reached,
    ReliabilityBand,
    Settings,
    Share,
    Standing,
)
from rcx_app.ui import addresses, words

FATES = {
    Fate.PRESELECTED: "Preselected",
    Fate.SUGGESTED: "Suggested only",
    Fate.COMPARE: "To compare only",
    Fate.NOTHING: "No candidate",
    Fate.AUTO: "Confirmed without you",
}
_INKS = {
    Fate.PRESELECTED: "var(--accent)",
    Fate.SUGGESTED: "var(--accent-line)",
    Fate.COMPARE: "var(--ink-2)",
    Fate.NOTHING: "var(--bg-active)",
    Fate.AUTO: "var(--ok-fill)",
}


@dataclass(frozen=True)
class Draft:
    """The thresholds as the sliders and fields hold them, text as it was entered."""

    suggest: str = "0.50"
    preselect: str = "0.85"
    auto: str = "0.97"


@dataclass(frozen=True)
class Choice:
    """An integration to choose."""

    value: str
    label: str
    count: str = ""


@dataclass(frozen=True)
class Line:
    """A row of a table of numbers."""

    cells: list[str]
    is_level: bool = False


@dataclass(frozen=True)
class FateRow:
    """One line of the effect: now, then, and what of it is expected to be wrong."""

    name: str
    ink: str
    now: str
    then: str
    wrong: str
    was: str
    now_flex: str
    then_flex: str


@dataclass(frozen=True)
class MoveRow:
    """An account that would become something else."""

    id: str
    name: str
    integration: str
    client: str
    confidence: str
    before: str
    after: str
    href: str


@dataclass(frozen=True)
class Effect:
    """What a draft would do."""

    rows: list[FateRow] = field(default_factory=list)
    moves: list[MoveRow] = field(default_factory=list)
    moving: int = 0
    waiting: int = 0
    wrong: str = ""
    saved: str = ""
    said: str = ""


def draft(levels: Levels) -> Draft:
    return Draft(text(levels.suggest), text(levels.preselect), text(levels.auto))


def number(entered: str) -> Decimal | None:
    """What was entered as a threshold, with point or comma; None where it is no number."""
    try:
        value = Decimal(entered.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and len(entered) <= 12 else None


def levels(form: Draft) -> tuple[Levels | None, dict[str, str]]:
    """The thresholds of a form, or what is wrong with each field."""
    found = {name: number(getattr(form, name)) for name in NAMES}
    wrong = {name: "Enter a number such as 0.85." for name, value in found.items() if value is None}
    if wrong:
        return None, wrong
    return Levels(**{name: value for name, value in found.items() if value is not None}), {}


def percent(value: float) -> str:
    """``98.6 %``."""
    return f"{100 * value:.1f} %"


def share(found: Share) -> str:
    """``98.6 % (95.1 to 99.8 %)``."""
    if found.value is None:
        return "nothing known"
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f} %)"


def measured(settings: Settings) -> str:
    """What the page stands on, in a sentence."""
    own = settings.own
    if not own.judged:
        return "No verdicts of yours yet: measured on the shipped bench"
    said = f"Measured on {words.count(own.judged, 'verdict')} of yours and on the shipped bench"
    return said if own.judged >= ENOUGH else f"{words.count(own.judged, 'verdict')} of yours: too few to say"


def bias(own: Measured) -> str:
    """How verdicts on ticked suggestions count."""
    if not own.ticked:
        return ""
    which = "1 of them agrees" if own.ticked == 1 else f"{own.ticked:,} of them agree"
    return f"{which} with a suggestion that was ticked in advance. Agreeing is easier than looking: it counts half."


def since_run(verdicts: int) -> str:
    """That the effect does not know the newest verdicts yet."""
    if not verdicts:
        return ""
    were = "was" if verdicts == 1 else "were"
    return (
        f"{words.count(verdicts, 'verdict')} {were} given since the last matching run. The next one takes them into "
        "account too, so single accounts may come out otherwise."
    )


def curve_table(points: Sequence[CurvePoint], marked: Sequence[Decimal]) -> list[Line]:
    """Threshold, precision, its bounds, recall, verdicts: in steps of 0.1, and where the curve ends."""
    shown = [point for n, point in enumerate(points) if n % 10 == 0 or point is points[-1]]
    near = (
        {min(points, key=lambda p: abs(p.threshold - float(level))).threshold for level in marked} if points else set()
    )
    shown = sorted({*shown, *(p for p in points if p.threshold in near)}, key=lambda p: p.threshold)
    return [
        Line(
            [
                f"{p.threshold:.2f}",
                f"{p.precision:.3f}",
                f"{p.low:.3f} to {p.high:.3f}",
                f"{p.recall:.3f}",
                f"{p.judged:,}",
            ],
            p.threshold in near,
        )
        for p in shown
    ]


def both_table(own: Sequence[CurvePoint], shipped: Sequence[CurvePoint]) -> list[Line]:
    """Threshold, then precision and recall of the workspace and of the bench."""
    by_own = {round(p.threshold, 2): p for p in own}
    lines = []
    for n, p in enumerate(shipped):
        if n % 10:
            continue
        mine = by_own.get(round(p.threshold, 2))
        ours = [f"{mine.precision:.3f}", f"{mine.recall:.3f}"] if mine else ["", ""]
        lines.append(Line([f"{p.threshold:.1f}", *ours, f"{p.precision:.3f}", f"{p.recall:.3f}"]))
    return lines


def band_table(bands: Sequence[ReliabilityBand]) -> list[Line]:
    return [
        Line(
            [
                f"{band.low:.1f} to {band.high:.1f}",
                f"{band.stated:.2f}",
                f"{band.right:.2f}" if band.judged >= ENOUGH else f"{band.right:.2f}, too few to say",
                f"{band.least:.2f} to {band.most:.2f}",
                f"{band.judged:,}",
            ]
        )
        for band in bands
    ]


def effect(found: Outlook) -> Effect:
    now, then = found.now, found.then
    return Effect(
        rows=[_fate_row(fate, now, then) for fate in FATES],
        moves=[_move(each) for each in found.moves],
        moving=found.moving,
        waiting=found.waiting,
        wrong=_wrong(then),
        saved=_saved(now.saved, then.saved),
        said=f"{words.count(found.moving, 'account')} would move" if found.moving else "No account would move",
    )


def _fate_row(fate: Fate, now: Standing, then: Standing) -> FateRow:
    before, after = now.counts[fate], then.counts[fate]
    wrong, was = _expected(fate, now, then)
    return FateRow(
        name=FATES[fate],
        ink=_INKS[fate],
        now=f"{before:,}",
        then=f"{after:,}",
        wrong=wrong,
        was=was,
        now_flex=str(before),
        then_flex=str(after),
    )


def _expected(fate: Fate, now: Standing, then: Standing) -> tuple[str, str]:
    """Links expected to be wrong, and what they were; or whose turn it is."""
    if fate is Fate.PRESELECTED:
        return f"{then.preselected_wrong.links:.1f}", f"was {now.preselected_wrong.links:.1f}"
    if fate is Fate.AUTO:
        if not now.counts[fate] and not then.counts[fate]:
            return "", "none"
        return f"{then.auto_wrong.links:.1f}", f"was {now.auto_wrong.links:.1f}"
    return "", "you choose" if fate is Fate.SUGGESTED else "you search"


def _move(each: Moved) -> MoveRow:
    return MoveRow(
        id=str(each.account_id),
        name=each.name,
        integration=each.integration,
        client=each.client,
        confidence=text(each.confidence) if each.confidence is not None else "",
        before=FATES[each.before],
        after=FATES[each.after],
        href=addresses.address(addresses.MAPPING, tab=_tab(each.before), account=each.account_id),
    )


def _tab(fate: Fate) -> str:
    """The tab of the mapping page under which an account of that fate stands."""
    return "unmapped" if fate in (Fate.COMPARE, Fate.NOTHING) else ""


def _wrong(then: Standing) -> str:
    wrong = then.preselected_wrong
    return (
        f"Of 100 preselected links {wrong.per_100:.1f} are expected to be wrong "
        f"({wrong.per_100_low:.1f} to {wrong.per_100_high:.1f})."
    )


def _saved(now: int, then: int) -> str:
    if now == then:
        return f"Saves {words.count(then, 'look-up')}, as now."
    return f"Saves {words.count(then, 'look-up')}; now it is {now:,}."


def reached(found: Reached) -> str:
    """What an aim leads to, in a sentence or two."""
    at, target = text(found.levels.preselect), f"{100 * found.target:.1f}".rstrip("0").rstrip(".")
    known = f"between {100 * found.share.low:.1f} and {100 * found.share.high:.1f} %"
    if found.is_met:
        return f"Met from {at} on: precision there is known to be {known}."
    if found.missing is None:
        return f"Can't be met: at {at}, the best there is, precision is {known}, and more such verdicts won't lift it."
    more = words.count(found.missing, "more verdict")
    return f"Can't be met yet: at {at} we know {target} % only to be {known}. About {more} would settle it."


def changed(before: Levels, after: Levels) -> list[str]:
    """The thresholds that differ, named: ``preselect 0.86``."""
    pairs = ((name.lower(), getattr(before, key), getattr(after, key)) for key, name in NAMES.items())
    return [f"{name} {text(new)}" for name, old, new in pairs if old != new]
