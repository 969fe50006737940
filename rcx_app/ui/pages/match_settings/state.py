"""State of the match settings: what is known, the draft with what it would do, and every change.

What is known stands still while a threshold moves: only marks and effect are computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import Conflict, Invalid, NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.learning import service as learning
from rcx_app.domain.match_settings import service
from rcx_app.domain.match_settings.aim import Evidence
from rcx_app.domain.match_settings.levels import NAMES, text, wrongs
from rcx_app.domain.match_settings.measure import ENOUGH
from rcx_app.domain.match_settings.schemas import Aim, Levels, Settings
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.match_settings import geometry, reading, rows, standing_rows
from rcx_app.ui.pages.match_settings.geometry import Curves, Dot
from rcx_app.ui.pages.match_settings.rows import Choice, Draft, Effect, Line
from rcx_app.ui.pages.match_settings.standing_rows import AutoRow, Compared, HistoryRow, ModelRow
from rcx_app.ui.shell import ShellState

Threshold = Literal["suggest", "preselect", "auto"]
Way = Literal["", "precision", "cost"]
_FIRST = {Aim.NUMBERS: "", Aim.PRECISION: "99", Aim.COST: "20"}


@dataclass(frozen=True)
class Asked:
    """Auto-confirm that an admin is asked to confirm, with its numbers."""

    connection_id: int
    label: str
    maps: int
    wrong: str


@dataclass(frozen=True)
class Known:
    """What does not move with the thresholds. `is_own`: the curves are those of the workspace's own verdicts."""

    sub: str = ""
    is_own: bool = False
    judged: int = 0
    bias: str = ""
    error: str = ""
    is_stale: bool = False
    waiting: int = 0
    since_run: str = ""
    target: str = ""
    dots: list[Dot] = field(default_factory=list)
    bands: list[Line] = field(default_factory=list)
    points: list[Line] = field(default_factory=list)
    both: list[Line] = field(default_factory=list)


class MatchSettingsState(AppState):
    """`draft` is what sliders and fields hold, as entered; `in_force` is what is saved."""

    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    known: Known = Known()
    narrow: Curves = Curves()
    wide: Curves = Curves()
    balance: Curves = Curves()
    draft: Draft = Draft()
    in_force: Draft = Draft()
    wrong: dict[str, str] = {}
    effect: Effect = Effect()
    act: str = ""
    is_changed: bool = False
    way: str = ""
    aim_text: str = ""
    aim_said: str = ""
    aim_wrong: str = ""
    is_met: bool = False
    integration: str = ""
    integration_label: str = ""
    integrations: list[Choice] = []
    auto: list[AutoRow] = []
    history: list[HistoryRow] = []
    models: list[ModelRow] = []
    compared: list[Compared] = []
    held_out: str = ""
    model_name: str = ""
    is_shipped: bool = True
    may_train: bool = False
    why_not_train: str = ""
    training: int = 0
    asked: Asked | None = None
    conflict: str = ""
    _settings: Settings | None = None
    _evidence: Evidence | None = None

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Everything, with the draft as it is in force."""
        self.integration = _digits(self.router.url.query_parameters.get("integration", ""))
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """After a job: everything, but what was drafted stays."""
        await self._load(keep=self._drafted())

    @rx.event
    @requires(Permission.READ)
    async def pick_integration(self, value: str) -> None:
        """Curves by the verdicts of one integration, or of all."""
        self.integration = _digits(value)
        await self._load(keep=self._drafted())

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def slide(self, name: Threshold, value: float) -> None:
        """A slider has moved."""
        self.draft = replace(self.draft, **{name: text(Decimal(str(round(value, 4))))})
        await self._by_hand()

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def enter_number(self, name: Threshold, value: str) -> None:
        """A number was entered."""
        self.draft = replace(self.draft, **{name: value})
        await self._by_hand()

    @rx.event
    @requires(Permission.READ)
    async def choose_way(self, value: Way) -> None:
        """By hand, or by an aim: then the thresholds are those that it leads to."""
        self.way, self.aim_text, self.aim_wrong = value, _FIRST[Aim(value)], ""
        await self._follow_aim()

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def enter_aim(self, value: str) -> None:
        """Another aim: other thresholds."""
        self.aim_text = value
        await self._follow_aim()

    @rx.event
    @requires(Permission.READ)
    async def back(self) -> None:
        """Forget the draft."""
        await self._load()

    @rx.event
    @requires(Permission.SETTINGS)
    async def save(self) -> Any:
        """Put the draft in force."""
        levels, self.wrong = rows.levels(self.draft)
        if levels is None or self._settings is None:
            return None
        aim = Aim(self.way) if self.is_met else Aim.NUMBERS
        value = _aim_value(aim, self.aim_text) if aim is not Aim.NUMBERS else None
        try:
            await write(service.save, levels, seen=self._settings.seen, aim=aim, aim_value=value)
        except (Conflict, Invalid) as error:
            return await self._refused(error)
        await self._load()
        return [notify("Thresholds saved", detail="The queue is matched again with them."), ShellState.watch]

    @rx.event
    @requires(Permission.SETTINGS)
    async def put_back(self, change_id: int) -> Any:
        """The thresholds as they were before a change."""
        seen = self._settings.seen if self._settings else 0
        try:
            await write(service.put_back, change_id, seen=seen)
        except (Conflict, Invalid) as error:
            return await self._refused(error)
        await self._load()
        return [notify("Put back", detail="The queue is matched again."), ShellState.watch]

    @rx.event
    @requires(Permission.SETTINGS)
    async def ask_auto(self, connection_id: int) -> None:
        """Before auto-confirm is switched on: what it would map now."""
        if self._settings is None:
            return
        row = next((each for each in self._settings.integrations if each.connection_id == connection_id), None)
        if row is None:
            raise NotFound("This integration")
        found = await read(service.outlook, self._settings.levels, known=self._evidence, auto=connection_id)
        more = sum(found.then.counts[fate] - found.now.counts[fate] for fate in found.then.counts if fate == "auto")
        share = row.at_auto
        bounds = f"{100 * share.low:.1f} to {100 * share.high:.1f} %"
        self.asked = Asked(connection_id, row.label, more, bounds)

    @rx.event
    @requires(Permission.READ)
    async def close_dialog(self) -> None:
        self.asked = None

    @rx.event
    @requires(Permission.SETTINGS)
    async def switch_auto(self, connection_id: int, on: bool) -> Any:
        """Auto-confirm of an integration: on once confirmed, off at once."""
        self.asked = None
        seen = self._settings.seen if self._settings else 0
        try:
            await write(service.switch_auto, connection_id, on, seen=seen)
        except (Conflict, Invalid) as error:
            return await self._refused(error)
        await self._load(keep=self._drafted())
        words = "Auto-confirm is on" if on else "Auto-confirm is off"
        return [notify(words), ShellState.watch]

    @rx.event
    @requires(Permission.SETTINGS)
    async def train(self) -> Any:
        """Ask for a training."""
        self.training = await write(learning.request)
        self.may_train = False
        return ShellState.watch

    @rx.event
    @requires(Permission.SETTINGS)
    async def roll_back(self) -> Any:
        """The model before this one."""
        found = await write(learning.roll_back)
        await self._load(keep=self._drafted())
        name = f"Model {found.number}" if found.number is not None else "The shipped model"
        return [notify(f"{name} is in use", detail="The queue is matched again."), ShellState.watch]

    @rx.event
    @requires(Permission.SETTINGS)
    async def adopt(self, number: int) -> Any:
        """A model that was in use once, again."""
        await write(learning.adopt, number)
        await self._load(keep=self._drafted())
        return [notify(f"Model {number} is in use", detail="The queue is matched again."), ShellState.watch]

    def _drafted(self) -> Draft | None:
        """What a reading must not sweep away: other numbers, or an aim that was chosen and is not met yet."""
        has_aim = self._settings is not None and self.way != self._settings.aim.value
        return self.draft if self.is_changed or has_aim else None

    async def _load(self, keep: Draft | None = None) -> None:
        self.problem, self.remedy, self.conflict, self.asked = "", "", "", None
        try:
            found = await read(reading.everything, int(self.integration) if self.integration else None)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        settings = found.settings
        self._settings, self._evidence = settings, found.known
        self.in_force = rows.draft(settings.levels)
        self.integrations = [Choice(str(each.connection_id), each.label) for each in settings.integrations]
        labels = {each.value: each.label for each in self.integrations}
        self.integration_label = labels.get(self.integration, "")
        self.auto = [standing_rows.auto(each) for each in settings.integrations]
        self.history = [standing_rows.history(each) for each in found.history]
        self._take_models(found)
        self.known = _known(settings)
        self.wrong = {}
        if keep is not None:
            self.draft = keep
            await self._show_draft()
        else:
            self.draft, self.way = self.in_force, settings.aim.value
            self.aim_text = _aim_text(settings.aim, settings.aim_value)
            self.aim_said = self.aim_wrong = ""
            self.is_met = settings.aim is not Aim.NUMBERS
            self._mark(settings.levels)
            self.effect, self.is_changed, self.act = rows.effect(found.outlook), False, ""
            if settings.aim is not Aim.NUMBERS:
                # New verdicts may have moved what the aim leads to: that is then a draft to be saved.
                await self._follow_aim()
        self.is_loaded = True

    def _take_models(self, found: reading.Everything) -> None:
        self.models = [standing_rows.model(each) for each in found.models]
        newest = found.models[0] if found.models else None
        self.compared = standing_rows.compared(newest) if newest else []
        self.held_out = standing_rows.held_out(newest) if newest else ""
        self.is_shipped = found.in_use.number is None
        self.model_name = "the shipped model" if self.is_shipped else f"your model {found.in_use.number}"
        self.may_train = found.learned.is_enough and found.learned.running_job is None
        self.why_not_train = found.learned.why_not
        self.training = found.learned.running_job or 0

    async def _by_hand(self) -> None:
        self.way, self.is_met, self.aim_said, self.aim_wrong = "", False, "", ""
        await self._show_draft()

    async def _show_draft(self) -> None:
        """What the draft would do; where it is no draft yet, what is wrong with each field."""
        levels, self.wrong = rows.levels(self.draft)
        if levels is not None:
            self.wrong = wrongs(levels)
        if levels is None or self.wrong or self._settings is None:
            self.is_changed, self.act = True, ""
            return
        found = await read(service.outlook, levels, known=self._evidence)
        self.effect = rows.effect(found)
        self._mark(levels)
        parts = rows.changed(self._settings.levels, levels)
        aim_moved = self.is_met and (self.way, self.aim_text) != (
            self._settings.aim.value,
            _aim_text(self._settings.aim, self._settings.aim_value),
        )
        self.is_changed = bool(parts) or aim_moved or (not self.is_met and self._settings.aim is not Aim.NUMBERS)
        self.act = f"Save {', '.join(parts)}" if parts else "Save the aim" if self.is_met else "Save as numbers"

    async def _follow_aim(self) -> None:
        self.is_met, self.aim_said, self.aim_wrong = False, "", ""
        aim = Aim(self.way)
        if aim is Aim.NUMBERS:
            await self._show_draft()
            return
        try:
            value = _aim_value(aim, self.aim_text)
            found = await read(service.reach, aim, value, known=self._evidence)
        except Invalid as error:
            self.aim_wrong = f"{error.message} {error.remedy}"
            return
        self.aim_said, self.is_met = rows.reached(found), found.is_met
        if found.is_met:
            self.draft = rows.draft(found.levels)
            await self._show_draft()

    def _mark(self, levels: Levels) -> None:
        """The thresholds on the curves."""
        if self._settings is None:
            return
        own, shipped = self._settings.own.points, self._settings.shipped.points
        shown = own if self._settings.own.judged >= ENOUGH else ()
        three = [(NAMES[key].removesuffix("-confirm"), float(getattr(levels, key))) for key in NAMES]
        before = self._settings.levels.preselect
        in_force = float(before) if before != levels.preselect else None
        self.narrow = geometry.thresholds(shown or shipped, three, in_force, geometry.NARROW)
        self.wide = geometry.thresholds(shown or shipped, three, in_force, geometry.WIDE)
        self.balance = geometry.precision_recall(shown, shipped, three)
        marked = [getattr(levels, key) for key in NAMES]
        self.known = replace(self.known, points=rows.curve_table(shown or shipped, marked))

    async def _refused(self, error: RcxError) -> None:
        """Say why, with the newest state behind it; the draft stays where somebody else was first."""
        await self._load(keep=self.draft)
        self.conflict = f"{error.message} {error.remedy}".strip()


def _known(settings: Settings) -> Known:
    own, shipped = settings.own, settings.shipped
    is_own = own.judged >= ENOUGH
    shown = own if is_own else shipped
    error = f"error {shown.calibration_error:.3f}" if shown.calibration_error is not None else ""
    return Known(
        sub=rows.measured(settings),
        is_own=is_own,
        judged=own.judged,
        bias=rows.bias(own) if is_own else "",
        error=error,
        is_stale=not settings.shipped_is_current,
        waiting=settings.waiting,
        since_run=rows.since_run(settings.since_run),
        target=f"{100 * settings.target:.1f}".rstrip("0").rstrip("."),
        dots=geometry.reliability(shown.bands, ENOUGH),
        bands=rows.band_table(shown.bands),
        both=rows.both_table(own.points if is_own else (), shipped.points),
    )


def _digits(value: str) -> str:
    return value if value.isascii() and value.isdecimal() and len(value) <= 18 else ""


def _aim_value(aim: Aim, entered: str) -> Decimal:
    """The aim's number; a precision is entered in percent. Raises Invalid where it is none."""
    value = rows.number(entered)
    if value is None:
        raise Invalid("This is no number.", remedy="Enter one such as 99." if aim is Aim.PRECISION else "Enter 20.")
    return value / 100 if aim is Aim.PRECISION else value


def _aim_text(aim: Aim, value: Decimal | None) -> str:
    if value is None or aim is Aim.NUMBERS:
        return ""
    shown = value * 100 if aim is Aim.PRECISION else value
    return f"{shown.normalize():f}"
