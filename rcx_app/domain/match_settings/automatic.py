"""Auto-confirm by integration: where it may be switched on, what it has mapped, and what people took back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rcx_app.domain.match_settings import shipped
from rcx_app.domain.match_settings.aim import Evidence, missing, target_of
from rcx_app.domain.match_settings.levels import text
from rcx_app.domain.match_settings.measure import Judged, precision, tally
from rcx_app.domain.match_settings.repository import SettingsRepository
from rcx_app.domain.match_settings.schemas import Aim, IntegrationRow, Levels
from rcx_app.models import Workspace

ENOUGH = 50
"""Verdicts in the workspace under which nothing is ever mapped without a person."""
TARGET = Decimal("0.97")
"""What the lower bound must reach where the workspace has no aim of its own."""


def target(workspace: Workspace) -> Decimal:
    """The precision that auto-confirm must reach: the workspace's aim, or `TARGET`."""
    aim = Aim(workspace.match_aim)
    if aim is Aim.NUMBERS or workspace.match_aim_value is None:
        return TARGET
    return target_of(aim, workspace.match_aim_value)


def rows(
    repository: SettingsRepository, judged: Sequence[Judged], levels: Levels, wanted: Decimal
) -> tuple[IntegrationRow, ...]:
    """Every integration that accounts come from, by name."""
    mapped, taken = repository.mapped_by_model(), repository.taken_back()
    by_connection: dict[int, list[Judged]] = {}
    for each in judged:
        by_connection.setdefault(each.connection_id, []).append(each)
    total = tally(judged).judged
    found = []
    for connection in repository.connections():
        evidence = Evidence(tally(by_connection.get(connection.id, [])), shipped.tally())
        found.append(
            IntegrationRow(
                connection_id=connection.id,
                label=connection.label,
                is_auto=connection.auto_confirm,
                at_preselect=precision(evidence.own.at(float(levels.preselect))),
                at_auto=evidence.share(float(levels.auto)),
                why_not=why_not(total, evidence, levels.auto, wanted),
                mapped=mapped.get(connection.id, 0),
                taken_back=taken.get(connection.id, 0),
            )
        )
    return tuple(found)


def why_not(total: int, evidence: Evidence, auto: Decimal, wanted: Decimal) -> str:
    """Why auto-confirm can't be switched on for an integration, in a sentence; empty where it can.

    `total`: judged suggestions in the workspace; `evidence`: of this integration.
    """
    if total < ENOUGH:
        return f"{total} of {ENOUGH} verdicts; from {ENOUGH} on it can be offered."
    share = evidence.share(float(auto))
    if share.low >= wanted:
        return ""
    known = f"Right in {100 * share.low:.1f} to {100 * share.high:.1f} % at {text(auto)}"
    more = missing(evidence, float(auto), float(wanted))
    aim = f"{100 * wanted:.1f}".rstrip("0").rstrip(".")
    if more is None:
        return f"{known}; {aim} % is asked for, and more such verdicts won't reach it."
    return f"{known}; {aim} % is asked for. About {more:,} more verdicts would settle it."
