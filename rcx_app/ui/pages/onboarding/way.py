"""The way in as a frame: what all onboarding pages stand in, with the steps at the left. Works down to 375 px."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.booking import service as booking
from rcx_app.domain.booking import zones
from rcx_app.domain.booking.schemas import Kind, State
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.onboarding.schemas import IntakeView, Progress
from rcx_app.ui import addresses
from rcx_app.ui.banners import banners
from rcx_app.ui.base import AppState, read
from rcx_app.ui.components.icons import icon, sprite
from rcx_app.ui.components.keys import keys_dialog
from rcx_app.ui.components.text import Text, link, outward
from rcx_app.ui.guard import requires
from rcx_app.ui.layout import user_menu, workspace_mark
from rcx_app.ui.pages.onboarding.rows import StepRow, TaskRow, saved_said, steps_of, task_rows, to_bring
from rcx_app.ui.places import ACCOUNT, existing

ASK_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone"
Everything = tuple[IntakeView, Progress, str, bool]


def everything(session: Any, context: Context) -> Everything:
    """Answers, where the workspace stands, for when its session is booked (by the clock it was booked by), whether one
    was kept."""
    booked, was_kept = _booked(session, context)
    return onboarding.current(session, context), onboarding.progress(session, context), booked, was_kept


def _booked(session: Any, context: Context) -> tuple[str, bool]:
    if not context.allows(Permission.ONBOARD):
        return "", False
    coming = booking.coming(session, context, Kind.ONBOARDING)
    if coming:
        return zones.in_words(coming[0].starts_at, coming[0].zone), False
    return "", any(each.state is State.KEPT for each in booking.past(session, context, Kind.ONBOARDING))


class WayState(AppState):
    """Where the workspace stands on its way in. `done`: steps behind it."""

    at_stage: str = ""
    steps: list[StepRow] = []
    tasks: list[TaskRow] = []
    bring: list[str] = []
    done: int = 0
    saved: str = ""
    booked: str = ""
    was_sent: bool = False
    now: str = ""
    is_known: bool = False
    _saved_at: datetime | None = None
    _browsers: str = ""

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> Any:
        """Read everything anew. Times are told by the clock that was answered, before that by the browser's."""
        intake, progress, booked, was_kept = await read(everything)
        self.at_stage, self.booked, self.was_sent = progress.stage.value, booked, intake.was_sent
        self.steps = steps_of(intake.answers, progress, booked, was_kept=was_kept)
        self.now = next((each.key for each in self.steps if each.state == "now"), "")
        self.done = sum(each.state == "done" for each in self.steps)
        self.tasks = task_rows(progress.tasks)
        self.bring = to_bring(intake.answers)
        self._saved_at, answered = intake.saved_at, str(intake.answers.get("time_zone") or "")
        zone = answered if zones.is_known(answered) else self._browsers
        self.saved = saved_said(self._saved_at, zone)
        self.is_known = True
        return None if zone else rx.call_script(ASK_ZONE, callback=WayState.tell_by)

    @rx.event
    @requires(Permission.TEAM)
    async def tell_by(self, zone: str) -> None:
        """Tell times by the browser's clock."""
        if zones.is_known(zone):
            self._browsers, self.saved = zone, saved_said(self._saved_at, zone)

    @rx.var
    def percent(self) -> str:
        return f"{round(100 * self.done / max(1, len(self.steps)))}%"

    @rx.var
    def is_open_now(self) -> bool:
        return self.at_stage == Stage.ACTIVE.value


def way(*main: Any, current: Text, title: Text, side: tuple[Any, ...] = ()) -> rx.Component:
    """A whole page of the way in. `current` is the key of the step it shows; `side` stands at the right, below on a
    phone. Its page loads `WayState.load`."""
    return rx.fragment(
        sprite(),
        outward("Skip to content", href="#main", class_name="skip"),
        _top(),
        rx.el.div(
            _steps(current),
            rx.el.main(banners(with_next=False), *main, id="main", class_name="obmain", tab_index=-1),
            *([rx.el.aside(*side, class_name="obside", aria_label=title)] if side else []),
            class_name="ob" if side else "ob wide",
        ),
        keys_dialog(),
    )


def _top() -> rx.Component:
    support = [each for each in existing(ACCOUNT) if each.name == "support"]
    leave = rx.cond(
        AppState.opens.contains(Permission.READ.value), link("To the app", href=addresses.OVERVIEW), rx.fragment()
    )
    return rx.el.header(
        workspace_mark(),
        rx.el.span(
            rx.cond(WayState.saved != "", rx.fragment(icon("check", 14), " ", WayState.saved), ""),
            class_name="push t12 muted saved",
            role="status",
        ),
        leave,
        *(link("Help", href=each.href) for each in support),
        user_menu(),
        class_name="obtop",
    )


def _steps(current: Text) -> rx.Component:
    done = WayState.done.to_string() + " of " + WayState.steps.length().to_string() + " steps done"
    shown = rx.foreach(
        WayState.steps,
        lambda row: rx.cond(
            row.key == current,
            rx.el.p(
                "Step " + row.number.to_string() + " of " + WayState.steps.length().to_string() + ", ",
                rx.el.b(row.title),
                class_name="t12 muted now",
            ),
            rx.fragment(),
        ),
    )
    return rx.el.nav(
        rx.el.div(rx.el.h2("Set up RCX"), class_name="head"),
        rx.el.div(rx.el.i(style={"width": WayState.percent}), class_name="bar", role="img", aria_label=done),
        shown,
        rx.el.ol(rx.foreach(WayState.steps, lambda row: _step(row, current)), class_name="steps"),
        class_name="obsteps",
        aria_label="Steps",
    )


def _step(row: rx.Var[StepRow], current: Text) -> rx.Component:
    mark = rx.cond(row.state == "done", icon("check", 12), row.number.to_string())
    said = rx.el.span(
        row.title, rx.cond(row.detail != "", rx.el.span(row.detail, class_name="t12 faint line"), rx.fragment())
    )
    return rx.el.li(
        rx.el.span(mark, class_name="n"),
        rx.cond(row.href != "", link(said, href=row.href), said),
        class_name=rx.cond(row.state == "done", "done", ""),
        aria_current=rx.cond(row.key == current, "step", None),
        key=row.key,
    )
