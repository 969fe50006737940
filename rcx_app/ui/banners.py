"""What every page says above its content: whose leave an agent works by, what comes next, whom no run
compares, what RCX tells admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.staff import access, announcements
from rcx_app.domain.staff.schemas import Leave, NoticeView
from rcx_app.domain.subscription import places
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import link
from rcx_app.ui.guard import requires

_NEXT = {
    Stage.QUESTIONNAIRE: "Before RCX opens, we ask you some questions.",
    Stage.BOOKING: "Next comes a session with one of us.",
    Stage.SUSPENDED: "This workspace is suspended: everything can be read, nothing changed.",
}


@dataclass
class NoticeRow:
    """A notice that the person has not read."""

    id: int
    title: str
    body: str
    at: str


@dataclass(frozen=True, slots=True)
class _Said:
    """`coming`: what comes next in getting in; `leave`: the leave for agents that is in force.

    `beyond`: clients that the last run did not compare, because RCX's plan has no room for them.
    """

    coming: str
    leave: Leave | None
    notices: tuple[NoticeView, ...]
    beyond: int


class BannersState(AppState):
    """Read anew when a page opens. Empty texts say nothing."""

    coming: str = ""
    coming_tone: str = ""
    guest: str = ""
    let_in: str = ""
    beyond: str = ""
    notices: list[NoticeRow] = []

    @rx.event
    @requires(Permission.SELF)
    async def load(self) -> None:
        """Runs before every page's own on_load."""
        identity = await current_identity()
        self.coming = self.guest = self.let_in = self.beyond = ""
        self.notices = []
        if identity.is_house:
            return
        said = await read(_said)
        self.coming = said.coming
        self.coming_tone = "fail" if identity.stage is Stage.SUSPENDED else "acc"
        self.notices = [
            NoticeRow(each.notice_id, each.title, each.body, words.moment(each.at)) for each in said.notices
        ]
        if said.beyond:
            many = words.count(said.beyond, "client is", "clients are")
            self.beyond = f"{many} not compared: the plan has no room for more."
        if said.leave is None:
            return
        until = words.moment(said.leave.until)
        if identity.is_guest:
            self.guest = f"You work in {identity.workspace_name} as {identity.role.value}, by its leave until {until}."
        else:
            self.let_in = f"Agents of RCX may work here as {said.leave.role.value} until {until}."

    @rx.event
    @requires(Permission.SELF)
    async def got_it(self, notice_id: int) -> None:
        """The person has read a notice."""
        await write(announcements.mark_read, notice_id)
        self.notices = [each for each in self.notices if each.id != notice_id]


def _said(session: Any, context: Context) -> _Said:
    return _Said(
        coming=_coming(session, context),
        leave=access.leave_of(session, context),
        notices=tuple(announcements.unread(session, context)),
        beyond=places.beyond(session, context) if context.allows(Permission.READ) else 0,
    )


def _coming(session: Any, context: Context) -> str:
    if context.stage is Stage.SETUP:
        found = onboarding.progress(session, context)
        return f"Guided setup: {found.done} of {len(found.tasks)} done."
    return _NEXT.get(context.stage, "")


def banners(*, with_next: bool = True) -> rx.Component:
    """Above a page's content. One line each. `with_next`: off on pages that say themselves what comes next."""
    lines = (_coming_line(), _beyond_line(), _leave_line()) if with_next else (_leave_line(),)
    own = rx.cond(AppState.is_house, rx.fragment(), rx.fragment(*lines))
    return rx.fragment(_guest_line(), own, rx.foreach(BannersState.notices, _notice))


def _coming_line() -> rx.Component:
    return rx.cond(
        BannersState.coming != "",
        rx.el.div(
            rx.el.span(BannersState.coming),
            link("What comes next", href=addresses.ONBOARDING, class_name="push nowrap"),
            class_name="banner " + BannersState.coming_tone,
            role="status",
        ),
        rx.fragment(),
    )


def _beyond_line() -> rx.Component:
    return rx.cond(
        BannersState.beyond != "",
        rx.el.div(
            icon("alert", 14),
            rx.el.span(BannersState.beyond),
            link("Which, and why", href=addresses.SUBSCRIPTION, class_name="push nowrap"),
            class_name="banner under",
            role="status",
        ),
        rx.fragment(),
    )


def _leave_line() -> rx.Component:
    return rx.cond(
        BannersState.let_in != "",
        rx.el.div(
            icon("key", 14),
            rx.el.span(BannersState.let_in),
            link("Look or end it", href=addresses.NETWORK, class_name="push nowrap"),
            class_name="banner under",
        ),
        rx.fragment(),
    )


def _guest_line() -> rx.Component:
    """A plain form: leaving begins a new session, so the page is loaded anew."""
    return rx.cond(
        BannersState.guest != "",
        rx.el.div(
            icon("key", 14),
            rx.el.span(BannersState.guest),
            rx.el.form(
                button("Leave", size="tight", type="submit"),
                method="post",
                action="/staff/leave",
                # Without this Reflex cancels the submission.
                on_submit=None,
                class_name="push",
            ),
            class_name="banner under",
        ),
        rx.fragment(),
    )


def _notice(row: rx.Var[NoticeRow]) -> rx.Component:
    return rx.el.div(
        icon("bell", 14),
        rx.el.span(rx.el.b(row.title), " ", row.body, rx.el.span(" ", row.at, class_name="faint nowrap")),
        button("Got it", size="tight", on_click=BannersState.got_it(row.id), class_name="push"),
        class_name="banner",
        role="region",
        aria_label="Notice: " + row.title,
        key=row.id,
    )
