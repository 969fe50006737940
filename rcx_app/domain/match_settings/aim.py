"""From an aim to thresholds: the lowest whose precision meets the aim by its lower bound, not by its best guess."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from rcx_app.core.errors import Invalid
from rcx_app.domain.match_settings.measure import Tally, blended, blended_counts, interval
from rcx_app.domain.match_settings.schemas import Aim, Levels, Reached, Share

MOST_MISSING = 100_000
_STEP = Decimal("0.01")
_TOP = (Decimal("0.995"), Decimal("0.999"))
_LEAST_PRECISION, _MOST_PRECISION = Decimal("0.5"), Decimal("0.999")
_LEAST_COST, _MOST_COST = Decimal(1), Decimal(999)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision stands on: the workspace's own verdicts and the shipped counts."""

    own: Tally
    shipped: Tally

    def share(self, threshold: float) -> Share:
        """The blended precision at and above `threshold`."""
        return blended(self.own.at(threshold), self.shipped.at(threshold))


def target_of(aim: Aim, value: Decimal) -> Decimal:
    """The precision that an aim asks for: itself, or c / (c + 1) where one wrong link costs c look-ups.

    Raises Invalid for a precision outside 0.5 to 0.999 or a cost outside 1 to 999.
    """
    if aim is Aim.PRECISION:
        if not _LEAST_PRECISION <= value <= _MOST_PRECISION:
            raise Invalid("A target precision lies between 50 and 99.9 %.", remedy="99 is a good start.")
        return value
    if aim is Aim.COST:
        if not _LEAST_COST <= value <= _MOST_COST:
            raise Invalid("A wrong link costs between 1 and 999 look-ups.", remedy="20 is a good start.")
        return value / (value + 1)
    raise Invalid("Thresholds by hand have no aim.", remedy="Choose a precision or a cost.")


def reach(aim: Aim, value: Decimal, inforce: Levels, evidence: Evidence) -> Reached:
    """The thresholds that the aim leads to.

    Suggest stays as it is, or falls with preselect; auto-confirm stays, or rises with it. A cost ratio begins at the
    confidence where looking and trusting cost the same. Raises Invalid for an aim out of range.
    """
    target = target_of(aim, value)
    begin = inforce.suggest if aim is Aim.PRECISION else target
    steps = _steps(min(begin, Decimal("0.99")))
    shares = [(step, evidence.share(float(step))) for step in steps]
    for step, share in shares:
        if share.low >= target:
            return Reached(levels=_levels(inforce, step), target=float(target), is_met=True, share=share, missing=0)
    asked = [(missing(evidence, float(step), float(target)), step, share) for step, share in shares]
    settled = [(count, step, share) for count, step, share in asked if count is not None]
    if settled:
        count, step, share = min(settled, key=lambda found: (found[0], found[1]))
        return Reached(levels=_levels(inforce, step), target=float(target), is_met=False, share=share, missing=count)
    step, share = max(shares, key=lambda found: (found[1].low, -found[0]))
    return Reached(levels=_levels(inforce, step), target=float(target), is_met=False, share=share, missing=None)


def missing(evidence: Evidence, threshold: float, target: float) -> int | None:
    """How many more verdicts, right as often as those known, would lift the lower bound to `target`.

    None where what is known is not better than the target, so that no number would, or it would be beyond all reason.
    """
    right, wrong = blended_counts(evidence.own.at(threshold), evidence.shipped.at(threshold))
    total = right + wrong
    if total <= 0 or right / total <= target:
        return None
    share = right / total

    def is_met(more: int) -> bool:
        return interval(right + more * share, wrong + more * (1 - share))[0] >= target

    if is_met(0):
        return 0
    enough = 1
    while not is_met(enough):
        enough *= 2
        if enough > MOST_MISSING:
            return None
    short = enough // 2
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if is_met(middle) else (middle, enough)
    return enough


def _steps(begin: Decimal) -> list[Decimal]:
    first = (begin / _STEP).to_integral_value(ROUND_CEILING) * _STEP
    count = int((Decimal("0.99") - first) / _STEP) + 1
    return [first + _STEP * n for n in range(count)] + list(_TOP)


def _levels(inforce: Levels, preselect: Decimal) -> Levels:
    return replace(
        inforce,
        suggest=min(inforce.suggest, preselect),
        preselect=preselect,
        auto=max(inforce.auto, preselect),
    )
