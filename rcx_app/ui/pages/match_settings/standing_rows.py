"""Pure transforms: models, integrations and history as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.domain.learning.schemas import ModelState, ModelView
from rcx_app.domain.match_settings.measure import ENOUGH
from rcx_app.domain.match_settings.schemas import ChangeRow, IntegrationRow, Share
from rcx_app.ui import words


@dataclass(frozen=True)
class ModelRow:
    """A model of the workspace in the list."""

    number: str
    state: str
    made: str
    made_iso: str
    reason: str
    can_adopt: bool
    is_in_use: bool


@dataclass(frozen=True)
class Compared:
    """A measure before and after a training. `tone`: ok, under or nothing."""

    name: str
    before: str
    after: str
    change: str
    tone: str


@dataclass(frozen=True)
class AutoRow:
    """An integration's precision and its auto-confirm."""

    id: str
    connection_id: int
    label: str
    precision: str
    bounds: str
    of: str
    is_auto: bool
    why_not: str
    mapped: str


@dataclass(frozen=True)
class HistoryRow:
    """One change."""

    id: str
    change_id: int
    iso: str
    day: str
    what: str
    who: str
    expected: str
    since: str
    can_put_back: bool


def auto(row: IntegrationRow) -> AutoRow:
    judged = row.at_preselect.judged
    known = row.at_preselect.value is not None and judged >= ENOUGH
    mapped = ""
    if row.mapped:
        mapped = f"Mapped {words.count(row.mapped, 'account')}; people took {row.taken_back:,} back."
    return AutoRow(
        id=str(row.connection_id),
        connection_id=row.connection_id,
        label=row.label,
        precision=f"{row.at_preselect.value:.3f}" if known else "too few to say",
        bounds=f"{row.at_preselect.low:.3f} to {row.at_preselect.high:.3f}" if known else "",
        of=f"of {judged:,}",
        is_auto=row.is_auto,
        why_not=row.why_not,
        mapped=mapped,
    )


def history(row: ChangeRow) -> HistoryRow:
    expected = row.expected
    told = ""
    if "preselected" in expected:
        told = f"Expected {expected['preselected']:,} preselected, {expected['wrong_per_100']:.1f} of 100 wrong"
    return HistoryRow(
        id=str(row.change_id),
        change_id=row.change_id,
        iso=row.at.isoformat(),
        day=words.day(row.at.date()),
        what=row.what,
        who=f"{row.who}{', ' + row.note.lower() if row.note else ''}",
        expected=told,
        since=_since(row.since),
        can_put_back=row.can_put_back,
    )


def _since(found: Share | None) -> str:
    if found is None:
        return ""
    if found.value is None:
        return "no verdicts since"
    bounds = f"{100 * found.low:.1f} to {100 * found.high:.1f}"
    return f"since then {100 * found.value:.1f} % right ({bounds}) of {found.judged:,}"


_STATES = {ModelState.ADOPTED: "in use", ModelState.RETIRED: "was in use", ModelState.REJECTED: "not adopted"}


def model(row: ModelView) -> ModelRow:
    state = _STATES[row.state]
    if row.state is ModelState.ADOPTED and not row.is_in_use:
        state = "no longer used"
    return ModelRow(
        number=str(row.number),
        state=state,
        made=words.day(row.made_at.date()),
        made_iso=row.made_at.isoformat(),
        reason=row.reason,
        can_adopt=row.can_adopt,
        is_in_use=row.is_in_use,
    )


def compared(row: ModelView) -> list[Compared]:
    """The newest model beside the one before it, on the verdicts that were held out by client."""
    held = next((each for each in row.held if each.split == "clients"), row.held[0] if row.held else None)
    if held is None:
        return []
    before, after = held.before, held.after
    return [
        _compare("Precision, preselected", before.preselect[0], after.preselect[0], is_more_better=True),
        _compare("Recall, preselected", before.preselect[1], after.preselect[1], is_more_better=True),
        _compare("Calibration error", before.ece, after.ece, is_more_better=False),
        _compare("Surprise (log loss)", before.log_loss, after.log_loss, is_more_better=False),
    ]


def held_out(row: ModelView) -> str:
    held = next((each for each in row.held if each.split == "clients"), row.held[0] if row.held else None)
    return f"on {words.count(held.accounts, 'held-out verdict')}" if held else ""


def _compare(name: str, before: float, after: float, *, is_more_better: bool) -> Compared:
    moved = round(after, 3) - round(before, 3)
    if abs(moved) < 0.0005:
        return Compared(name, f"{before:.3f}", f"{after:.3f}", "same", "")
    is_better = (moved > 0) == is_more_better
    word = "better" if is_better else "worse"
    return Compared(name, f"{before:.3f}", f"{after:.3f}", f"{word} {abs(moved):.3f}", "ok" if is_better else "under")
