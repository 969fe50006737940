"""The rules of the three thresholds, and how a change keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rcx_app.core.errors import Invalid
from rcx_app.domain.match_settings.schemas import FLOOR, PLACES, Aim, Levels
from rcx_app.models import Workspace

NAMES = {"suggest": "Suggest", "preselect": "Preselect", "auto": "Auto-confirm"}


def of(workspace: Workspace) -> Levels:
    """The thresholds in force."""
    return Levels(
        suggest=workspace.suggest_threshold,
        preselect=workspace.preselect_threshold,
        auto=workspace.auto_confirm_threshold,
    )


def wrongs(levels: Levels) -> dict[str, str]:
    """What is wrong with each threshold, by its name; empty where all is well."""
    found: dict[str, str] = {}
    for name, value in (("suggest", levels.suggest), ("preselect", levels.preselect), ("auto", levels.auto)):
        if not value.is_finite() or not FLOOR <= value <= 1:
            found[name] = f"Between {FLOOR} and 1."
        elif value != value.quantize(PLACES):
            found[name] = "Four decimals at most."
    if not found and levels.preselect < levels.suggest:
        found["preselect"] = "Not under suggest."
    if not found and levels.auto < levels.preselect:
        found["auto"] = "Not under preselect."
    return found


def check(levels: Levels) -> None:
    """Raises Invalid naming each wrong threshold."""
    found = wrongs(levels)
    if found:
        first, why = next(iter(found.items()))
        raise Invalid(
            f"{NAMES[first]}: {why[0].lower()}{why[1:]}",
            remedy="The thresholds must rise: suggest, preselect, auto-confirm.",
            problems=[f"{NAMES[name]}: {each}" for name, each in found.items()],
        )


def plain(levels: Levels, aim: Aim, aim_value: Decimal | None) -> dict[str, Any]:
    """Thresholds and aim as a change keeps them."""
    return {
        "suggest": text(levels.suggest),
        "preselect": text(levels.preselect),
        "auto": text(levels.auto),
        "aim": aim.value,
        "aim_value": None if aim_value is None else text(aim_value),
    }


def read(kept: Mapping[str, Any]) -> tuple[Levels, Aim, Decimal | None]:
    """Thresholds and aim from what a change kept."""
    value = kept.get("aim_value")
    levels = Levels(suggest=Decimal(kept["suggest"]), preselect=Decimal(kept["preselect"]), auto=Decimal(kept["auto"]))
    return levels, Aim(kept.get("aim", "")), None if value is None else Decimal(value)


def text(value: Decimal) -> str:
    """``0.50``, ``0.855``: two decimals at least."""
    shown = f"{value.normalize():f}"
    whole, _, decimals = shown.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
