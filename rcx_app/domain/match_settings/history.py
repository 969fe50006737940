"""The changes of the match settings in words, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rcx_app.domain.match_settings import levels
from rcx_app.domain.match_settings.measure import Judged, precision, tally
from rcx_app.domain.match_settings.schemas import Aim, ChangeRow, Levels, Share
from rcx_app.models import ThresholdChange


def read(
    changes: Sequence[tuple[ThresholdChange, str | None]], judged: Sequence[Judged], inforce: Levels
) -> tuple[ChangeRow, ...]:
    """Changes, newest first, as rows."""
    until: datetime | None = None
    found = []
    for change, who in changes:
        is_of_levels = "suggest" in change.after
        found.append(
            ChangeRow(
                change_id=change.id,
                at=change.created_at,
                who=who or "RCX",
                what=words(change.before, change.after),
                note=change.note,
                expected=dict(change.expected),
                since=_since(change, judged, until) if is_of_levels else None,
                can_put_back=is_of_levels and levels.read(change.before)[0] != inforce,
            )
        )
        until = change.created_at if is_of_levels else until
    return tuple(found)


def words(before: dict[str, Any], after: dict[str, Any]) -> str:
    """``Preselect 0.85 to 0.80``; ``Auto-confirm on for NinjaOne``."""
    if "auto_confirm" in after:
        return f"Auto-confirm {'on' if after['auto_confirm'] else 'off'} for {after.get('label', 'an integration')}"
    changed = [(key, name) for key, name in levels.NAMES.items() if before.get(key) != after.get(key)]
    parts = [f"{name} {before[key]} to {after[key]}" for key, name in changed]
    aim = Aim(after.get("aim", ""))
    if aim is Aim.PRECISION:
        parts.append(f"for a precision of {float(after['aim_value']):.1%}".replace(".0%", "%").replace("%", " %"))
    elif aim is Aim.COST:
        parts.append(f"for a wrong link at {after['aim_value']} look-ups")
    elif before.get("aim"):
        parts.append("by hand from now on")
    said = ", ".join(parts) or "Nothing"
    return said[:1].upper() + said[1:]


def _since(change: ThresholdChange, judged: Sequence[Judged], until: datetime | None) -> Share:
    """Precision at the change's preselect threshold, of verdicts given while it was in force."""
    given = [
        each
        for each in judged
        if each.given_at is not None and each.given_at > change.created_at and (until is None or each.given_at <= until)
    ]
    return precision(tally(given).at(float(change.after["preselect"])))
