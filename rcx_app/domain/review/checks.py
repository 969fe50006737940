"""What a verdict itself must be: reasons, tags, divisions and approvals of one finding. Refuses in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.money import format_quantity, to_micros
from rcx_app.core.text import fold
from rcx_app.domain.review.schemas import Deed, Dismissal, Verdict
from rcx_app.models import Finding, Line

REASON_LIMIT, COMMENT_LIMIT = 500, 4000
TAGS, TAG_LIMIT = 20, 40


def checked_text(verdict: Verdict) -> str:
    """The reason or comment without space around it. Raises Invalid where it is missing or too long."""
    words = verdict.reason.strip()
    limit = COMMENT_LIMIT if verdict.deed is Deed.COMMENT else REASON_LIMIT
    if len(words) > limit:
        raise Invalid(f"This text has at most {limit} characters.", remedy="Shorten it.")
    if "\x00" in words:
        raise Invalid("This text holds a character that can't be kept.", remedy="Type it anew.")
    if not words and verdict.deed is Deed.DISMISS:
        raise Invalid("A dismissal needs a reason.", remedy="Write why this difference is left as it is.")
    if not words and verdict.deed is Deed.COMMENT:
        raise Invalid("The comment is empty.", remedy="Write something.")
    return words


def checked_scope(verdict: Verdict) -> str:
    """How long a dismissal holds. Raises Invalid."""
    if verdict.deed is not Deed.DISMISS:
        return ""
    if verdict.scope not in set(Dismissal):
        raise Invalid(
            "It was not said how long this is dismissed.",
            remedy="Choose: this period, until the numbers change, or for good.",
        )
    return verdict.scope


def checked_tags(kept: Sequence[str], verdict: Verdict) -> list[str]:
    """The tags after adding and removing; those that differ by case only are one. Raises Invalid."""
    by_key = {fold(each): each for each in kept}
    for each in verdict.remove:
        by_key.pop(fold(each), None)
    for each in verdict.add:
        name = " ".join(each.split())
        if not name or len(name) > TAG_LIMIT or "\x00" in name:
            raise Invalid(f"A tag has between 1 and {TAG_LIMIT} characters.", remedy="Choose a shorter word.")
        by_key.setdefault(fold(name), name)
    if len(by_key) > TAGS:
        raise Invalid(f"A finding has at most {TAGS} tags.", remedy="Remove one first.")
    return [by_key[key] for key in sorted(by_key)]


def tags_key(tags: Sequence[str]) -> str:
    """The tags folded, each between line breaks, for lists to look into."""
    return "".join(f"\n{fold(each)}\n" for each in tags)


def check_approvable(finding: Finding) -> None:
    """Raises Invalid, or Conflict where only the sources stand in the way."""
    if finding.scope != "group" or finding.line_id is None or not finding.delta:
        raise Invalid("There is no line whose quantity could change.", remedy=_ELSEWHERE.get(finding.scope, ""))
    if not finding.is_ready:
        raise Conflict(
            f"This finding is not ready to be approved. {finding.not_ready_reason}".strip(),
            remedy="It can be approved once its sources have been read completely.",
        )


_ELSEWHERE = {
    "account": "Map the account to its client first.",
    "rule": "Add a line for it in the PSA; the next sync will compare it.",
    "sku": "Make a rule that takes these seats first.",
}


def changes_of(finding: Finding, split: Sequence[Mapping[str, Any]], lines: Mapping[int, Line]) -> list[dict[str, Any]]:
    """The lines that an approval changes, as {line_id, old, new}. Raises Conflict, or Invalid where one would go
    below zero."""
    own = [lines.get(each) for each in finding.line_ids]
    if any(each is None for each in own) or sum(each.quantity for each in own if each) != finding.billed_quantity:
        raise Conflict(
            "The lines of this finding have changed since it was worked out.",
            remedy="Decide once the next reconciliation has run.",
        )
    parts: dict[int, Decimal] = {each["line_id"]: Decimal(each["change"]) for each in split}
    if not parts and finding.line_id is not None and finding.delta is not None:
        parts = {finding.line_id: finding.delta}
    made = []
    for line_id, change in parts.items():
        old = lines[line_id].quantity
        if old + change < 0:
            raise Invalid(
                f"One line bills {format_quantity(old)} and can't take {format_quantity(change)}.",
                remedy="Split the difference between the lines first.",
            )
        if change:
            made.append({"line_id": line_id, "old": str(old), "new": str(old + change)})
    return made


def checked_split(finding: Finding, split: Sequence[tuple[int, Decimal]], lines: Mapping[int, Line]) -> list[Any]:
    """A division of the delta as a document. Raises Invalid where it doesn't add up exactly or a line can't take it."""
    if not split:
        return []
    if finding.scope != "group" or not finding.delta:
        raise Invalid("There is no difference between lines to split.")
    changes: dict[int, Decimal] = {}
    for line_id, change in split:
        if line_id not in finding.line_ids or line_id in changes:
            raise Invalid("The split names a line twice, or one that is not of this finding.", remedy="Split it anew.")
        changes[line_id] = _quantity(change)
    total = sum(changes.values(), Decimal(0))
    if total != finding.delta:
        given, due = (format_quantity(each, signed=True) for each in (total, finding.delta))
        raise Invalid(f"The parts add up to {given}, the difference is {due}.", remedy="They must match exactly.")
    made = [{"line_id": line_id, "change": str(change)} for line_id, change in changes.items() if change]
    changes_of(finding, made, lines)
    return made


def _quantity(value: Decimal) -> Decimal:
    try:
        to_micros(value)
    except (ValueError, ArithmeticError) as error:
        raise Invalid("A part of the split is no quantity.", remedy="Use numbers of at most six decimals.") from error
    return value
