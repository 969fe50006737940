"""What RCX says back: toasts, live words, callouts, empty and failed states, skeletons, long jobs."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec
from reflex.vars.base import Var
from reflex_components_sonner.toast import ToastAction, ToastProps

from rcx_app.ui.components.badges import Tone
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.text import Text, classes

_TOAST_SECONDS = 6
_LEVELS = {"ok": "success", "fail": "error", "under": "warning", "": "info"}
_ICONS = {"ok": "ok", "fail": "stop", "under": "alert", "acc": "clock", "over": "alert", "": "help"}


def toaster() -> rx.Component:
    """The place where toasts appear, a live region. Given to `rx.App(toaster=...)` once."""
    return rx.toast.provider(
        position="bottom-right",
        rich_colors=False,
        expand=False,
        visible_toasts=3,
        close_button=False,
        toast_options=ToastProps(unstyled=True, class_name="toast"),
    )


def notify(
    text: str,
    *,
    tone: Literal["ok", "fail", "under", ""] = "ok",
    detail: str = "",
    action: str = "",
    on_action: Any = None,
) -> EventSpec:
    """A toast, returned or yielded by a handler: `return notify("Huntress connected", action="Undo", on_action=...)`.

    A failure stays until dismissed. Where a toast would cover what was just done, say it in place instead.
    """
    extra: dict[str, Any] = {"duration": 60_000 if tone == "fail" else _TOAST_SECONDS * 1000}
    if detail:
        extra["description"] = detail
    if action:
        extra["action"] = ToastAction(label=action, on_click=on_action)
    return getattr(rx.toast, _LEVELS[tone])(text, **extra)


def live(text: Text) -> rx.Component:
    """Words read out when they change, unseen: progress, "48 rows shown"."""
    return rx.el.div(text, role="status", class_name="vh")


def skeleton(width: str = "60%", height: str = "10px") -> rx.Component:
    """A grey bar in the place of text still to come; visible only after 150 ms."""
    return rx.el.span(class_name="skel later", style={"width": width, "height": height})


def skeleton_lines(how_many: int = 4) -> rx.Component:
    """Some lines of text still to come, for panels."""
    widths = ("72%", "46%", "64%", "38%", "58%")
    return rx.el.div(*(skeleton(widths[line % len(widths)]) for line in range(how_many)), class_name="stack stack-4")


def empty(title: Text, why: Text, *actions: rx.Component, page: bool = False) -> rx.Component:
    """Nothing to show: the title says what, `why` the reason (not connected, still syncing, all reconciled, filters
    hide 41), the actions the next step. `page`: it stands alone on a page."""
    then = [rx.el.div(*actions, class_name="row")] if actions else []
    return rx.el.div(rx.el.b(title), rx.el.span(why), *then, class_name=classes("empty", "page" if page else ""))


def callout(
    title: Text, *children: Any, tone: Tone = "", icon: str = "", end: rx.Component | None = None, alert: bool = False
) -> rx.Component:
    """A bordered note. `alert` reads it out at once (a failure that just happened)."""
    return rx.el.div(
        draw(icon or _ICONS[tone]),
        rx.el.div(rx.el.b(title), *children),
        *([rx.el.div(end, class_name="end")] if end is not None else []),
        class_name=classes("callout", tone),
        **({"role": "alert"} if alert else {}),
    )


def problem(message: Text, remedy: Text, on_retry: Any = None) -> rx.Component:
    """A failed load or act: what happened, and what to do (an `RcxError`'s two texts)."""
    again = [rx.el.div(button("Try again", icon="refresh", on_click=on_retry), class_name="row")] if on_retry else []
    return callout(message, rx.el.p(remedy), *again, tone="fail", alert=True)


def job_bar(
    title: Text, detail: Text, *, done: Any, total: Any, on_stop: Any = None, stoppable: Any = True
) -> rx.Component:
    """Long work with its counts, as polled from the job: a bar (wandering while the total is unknown), words, Stop.

    done, total: number vars; detail: "tenant 64 of 112, 5,620 rows".
    """
    known = total > 0
    percent = rx.cond(known, (done * 100 / rx.cond(known, total, 1)), 0)
    stop = button("Stop", kind="ghost", size="tight", on_click=on_stop) if on_stop is not None else rx.fragment()
    return rx.el.div(
        rx.el.div(
            rx.el.i(style={"width": rx.cond(known, percent.to_string() + "%", "30%")}),
            class_name=rx.cond(known, "bar", "bar waits"),
            role="progressbar",
            aria_label=title,
            aria_valuemin=0,
            aria_valuemax=100,
            aria_valuenow=rx.cond(known, percent, None),
        ),
        rx.el.span(rx.el.b(title), " ", detail, role="status"),
        rx.cond(stoppable, stop, rx.fragment())
        if isinstance(stoppable, Var)
        else (stop if stoppable else rx.fragment()),
        class_name="job",
    )
