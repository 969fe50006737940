"""The few numbers that verdicts add to the shipped model, and the model with them. Learning them is in `tune`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from matching import context, score

MOST = 3.0  # times: what a group of evidence may count at most of what it counts in the shipped model


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How a workspace differs from the shipped model. Holds a number per group of evidence, and no record's value.

    Each group of evidence counts `times[group]` of what it counts there (1 where it is not named); the log-odds of it
    all are stretched by `slope` and moved by `intercept`. `times` lie between 0 and `MOST`, so that no evidence ever
    turns its meaning round.
    """

    intercept: float = 0.0
    slope: float = 1.0
    times: Mapping[str, float] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return {"intercept": self.intercept, "slope": self.slope, "times": dict(sorted(self.times.items()))}


def parse(values: Mapping[str, Any], base: score.Model) -> Adjustment:
    """The adjustment of `Adjustment.plain`. Raises `score.ModelError` where it is none for this model."""
    try:
        times = {str(group): float(number) for group, number in values["times"].items()}
        found = Adjustment(float(values["intercept"]), float(values["slope"]), times)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise score.ModelError("the workspace's model is incomplete; train it again") from error
    numbers = np.array([found.intercept, found.slope, *times.values()])
    strange = set(times) - set(base.group_names)
    if strange or not np.isfinite(numbers).all() or found.slope <= 0 or (numbers[2:] < 0).any():
        raise score.ModelError("the workspace's model does not fit the shipped one; train it again")
    return found


def adjusted(base: score.Model, by: Adjustment, about: Mapping[str, Any] | None = None) -> score.Model:
    """`base` with the adjustment worked in: a model of the same form, so that its reasons are exact sums as well."""
    groups = base.schema.groups.values()
    shapes = tuple(
        replace(
            shape,
            values=shape.neutral + by.times.get(group, 1.0) * (shape.values - shape.neutral),
            missing=shape.neutral + by.times.get(group, 1.0) * (shape.missing - shape.neutral),
        )
        for shape, group in zip(base.shapes, groups, strict=True)
    )
    count = dict(enumerate(by.times.get(group, 1.0) for group in groups))
    tables = tuple(table.stretched(count[table.first], count[table.second]) for table in base.tables)
    times = np.array([by.times.get(group, 1.0) for group in context.TERMS.values()])
    # Rivals are told relative to having none: what that share of the sum was goes into the shift.
    without = float(((1.0 - times) * base.context_weights) @ base.context_neutral)
    return replace(
        base,
        shapes=shapes,
        tables=tables,
        bend=by.slope * base.bend,
        shift=by.slope * (base.shift + without) + by.intercept,
        context_weights=by.slope * times * base.context_weights,
        about={**base.about, **(about or {}), "adjustment": by.plain()},
    )
