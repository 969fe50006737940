"""A stored model as people see it: its numbers beside those of the one before, and why it is or isn't used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rcx_app.domain.learning.schemas import Held, ModelState, ModelView, Quality
from rcx_app.models import MatchModel


def view(row: MatchModel, shipped: str, made_by: str, *, is_in_use: bool) -> ModelView:
    """The model; `shipped` is the signature of the shipped model of today."""
    is_usable = row.base == shipped
    reason = row.reason
    if row.state == ModelState.ADOPTED and not is_usable:
        reason += (
            " Not used any more: the shipped model under it was replaced. The next training builds on the new one."
        )
    values = row.parameters
    return ModelView(
        number=row.number,
        state=ModelState(row.state),
        is_in_use=is_in_use,
        can_adopt=row.state == ModelState.RETIRED and is_usable,
        made_at=row.created_at,
        made_by=made_by,
        adopted_at=row.adopted_at,
        retired_at=row.retired_at,
        base=row.base,
        labels=int(row.about.get("labels", 0)),
        clients=int(row.about.get("clients", 0)),
        held=tuple(_held(each) for each in row.about.get("held", ())),
        intercept=float(values.get("intercept", 0.0)),
        slope=float(values.get("slope", 1.0)),
        times={str(group): float(number) for group, number in values.get("times", {}).items()},
        reason=reason.strip(),
    )


def _held(values: Mapping[str, Any]) -> Held:
    low, middle, high = (float(x) for x in values["gain"])
    return Held(
        split=str(values["split"]),
        accounts=int(values["accounts"]),
        clients=int(values["clients"]),
        before=_quality(values["before"]),
        after=_quality(values["after"]),
        gain=(low, middle, high),
    )


def _quality(values: Mapping[str, Any]) -> Quality:
    return Quality(
        log_loss=float(values["log_loss"]),
        brier=float(values["brier"]),
        ece=float(values["ece"]),
        suggest=(float(values["suggest"][0]), float(values["suggest"][1])),
        preselect=(float(values["preselect"][0]), float(values["preselect"][1])),
    )
