"""The committed numbers of the frozen bench, and what counts as falling below them."""

import json
from dataclasses import dataclass
from pathlib import Path

from matching.frozen.judge import Numbers

GATE = Path(__file__).with_name("gate.json")
Table = dict[str, dict[str, Numbers]]

HIGHER_IS_BETTER = (
    "suggest_precision", "suggest_recall", "suggest_f1", "preselect_precision", "preselect_recall", "preselect_f1",
    "top1", "average_precision", "kept",
)  # fmt: skip
LOWER_IS_BETTER = ("brier", "ece", "wrongly_preselected")
# A few dozen accounts make a rough estimate of calibration, and another processor rounds otherwise.
SLACK = {"brier": 0.002, "ece": 0.01, "average_precision": 0.001}
ROUNDING = 0.0001


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure that is not what the gate says. `was` or `now` is missing where a group or measure came or went."""

    kind: str
    group: str
    measure: str
    was: float | None
    now: float | None

    @property
    def is_worse(self) -> bool:
        """Whether the gate is missed; what came newly is no miss, what is gone is one."""
        if self.was is None:
            return False
        if self.now is None:
            return True
        slack = SLACK.get(self.measure, 0.0) + ROUNDING
        if self.measure in HIGHER_IS_BETTER:
            return self.now < self.was - slack
        # Other cases in a group make other numbers: they must be accepted too.
        return self.now > self.was + slack if self.measure in LOWER_IS_BETTER else self.measure != "abstention"

    def __str__(self) -> str:
        was, now = ("-" if value is None else f"{value:g}" for value in (self.was, self.now))
        return f"{'worse ' if self.is_worse else '      '}{self.kind} {self.group} {self.measure}: {was} -> {now}"


def differences(was: Table, now: Table) -> list[Difference]:
    """Every measure that differs, in order of kind and group."""
    out = []
    for kind in sorted(was.keys() | now.keys()):
        before, after = was.get(kind, {}), now.get(kind, {})
        for group in sorted(before.keys() | after.keys()):
            old, new = before.get(group, {}), after.get(group, {})
            out += [
                Difference(kind, group, measure, old.get(measure), new.get(measure))
                for measure in dict.fromkeys((*old, *new))
                if old.get(measure) != new.get(measure)
            ]
    return out


def read(path: Path | None = None) -> Table:
    """The committed gate."""
    found: Table = json.loads((path or GATE).read_text(encoding="utf-8"))
    return found


def write(now: Table, path: Path | None = None) -> None:
    """Make these numbers the gate."""
    (path or GATE).write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
