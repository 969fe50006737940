"""What differs between two versions of a rule, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rcx_app.core.money import format_quantity
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import allowed, conditions_in_words, listed, member_in_words
from rcx_app.domain.service_rules.terms import in_words

_WAYS = {"seats": "seats", "distinct": "different seats", "sum": "quantities", "peak": "the month's peak"}
_NUMBERS = (("minimum", "minimum"), ("included", "included"), ("pack_size", "pack size"), ("multiplier", "multiplier"))


def differences(old: RuleSpec, new: RuleSpec) -> tuple[str, ...]:
    """Each difference by itself: ``minimum 5 instead of 1``. Dates are left out: they are what makes a version."""
    return tuple(_differences(old, new))


def _differences(old: RuleSpec, new: RuleSpec) -> Iterable[str]:
    if old.name != new.name:
        yield f"named {new.name} instead of {old.name}"
    yield from _named("for", old.products, new.products)
    if old.integration != new.integration:
        yield f"counts in {_place(new)} instead of {_place(old)}"
    if old.count != new.count:
        yield f"counts {_WAYS[new.count]} instead of {_WAYS[old.count]}"
    if old.where != new.where:
        was, now = conditions_in_words(old.condition), conditions_in_words(new.condition)
        yield f"where {now or 'there is no condition'} instead of {was or 'without a condition'}"
    for name, word in _NUMBERS:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield f"{word} {format_quantity(now)} instead of {format_quantity(was)}"
    yield from _named("on line", old.lines, new.lines, everything="on all lines")
    if old.tiers != new.tiers:
        yield f"priced {in_words(new.tiers)}" if new.tiers else "priced by its lines, without tiers"
    if old.tier_mode != new.tier_mode and new.tiers:
        yield "all units at one price" if new.tier_mode == "volume" else "each unit at its tier's price"
    if old.allowance != new.allowance:
        free = new.allowance
        yield f"{format_quantity(free.quantity)} free with each {allowed(free)}" if free else "nothing comes free"
    if old.members != new.members:
        yield f"with {listed([member_in_words(each) for each in new.members])}" if new.members else "no bundle any more"


def _place(spec: RuleSpec) -> str:
    return spec.integration or "all integrations"


def _named(word: str, old: Sequence[str], new: Sequence[str], *, everything: str = "") -> Iterable[str]:
    """What a list of names gained and lost; `everything` is what an empty one means."""
    if everything and old and not new:
        yield everything
        return
    if everything and new and not old:
        yield f"only {word} {listed([*new])}" if len(new) < 4 else f"only on {len(new)} lines"
        return
    added, gone = [each for each in new if each not in old], [each for each in old if each not in new]
    if added:
        yield f"also {word} {listed(added)}"
    if gone:
        yield f"no longer {word} {listed(gone)}"
