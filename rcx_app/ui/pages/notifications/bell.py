"""The bell of the top bar: how much is new, and the newest of it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.notifications import service
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, current_context, read, write
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import menu_trigger, popup
from rcx_app.ui.components.text import hidden, link, when
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.notifications.rows import NoticeRow, rows


class BellState(AppState):
    """Read anew when a page opens."""

    unread: int = 0
    newest: list[NoticeRow] = []
    _of: tuple[int, int] = (0, 0)

    @rx.event
    @requires(Permission.SELF)
    async def load(self) -> None:
        context = await current_context()
        if context.user_id is not None:
            found = await read(service.news)
            self.unread, self.newest = found.unread, rows(found.newest)

    @rx.event
    @requires(Permission.SELF)
    async def open(self, notice_id: int) -> Any:
        """Go to what a notice is about; it is read then."""
        await write(service.mark_read, notice_id)
        href = next((each.href for each in self.newest if each.id == notice_id), addresses.NOTIFICATIONS)
        await self.load()
        return rx.redirect(href)

    @rx.event
    @requires(Permission.SELF)
    async def read_all(self) -> None:
        await write(service.mark_read)
        await self.load()


def bell() -> rx.Component:
    """A button with the number of what is unread, and the newest behind it."""
    said = rx.cond(BellState.unread > 0, "Notifications, " + BellState.unread.to_string() + " new", "Notifications")
    trigger = rx.el.button(
        icon("bell"),
        rx.cond(
            BellState.unread > 0,
            rx.el.span(
                rx.cond(BellState.unread > 99, "99+", BellState.unread.to_string()),
                class_name="bell-count",
                aria_hidden="true",
            ),
            rx.fragment(),
        ),
        type="button",
        class_name="btn ghost icon bell",
        aria_label=said,
        title=said,
        **menu_trigger("dialog"),
    )
    return popup(
        trigger,
        rx.el.div(
            rx.el.b("What is new"),
            rx.el.span(class_name="push"),
            rx.cond(
                BellState.unread > 0,
                button("Mark all as read", kind="ghost", size="tight", on_click=BellState.read_all),
                rx.fragment(),
            ),
            class_name="row",
        ),
        rx.cond(
            BellState.newest.length() > 0,
            rx.el.ul(rx.foreach(BellState.newest, _notice), class_name="notices brief"),
            rx.el.p("Nothing so far. You are told here of what concerns you.", class_name="muted"),
        ),
        rx.el.div(
            link("All notifications", href=addresses.NOTIFICATIONS),
            rx.el.span(class_name="push"),
            link("Settings", href=addresses.NOTIFICATION_SETTINGS),
            class_name="row t12",
        ),
        label="What is new",
    )


def _notice(row: rx.Var[NoticeRow]) -> rx.Component:
    return rx.el.li(
        icon(row.icon, 14),
        rx.el.div(
            rx.el.button(
                row.title,
                rx.cond(row.is_read, rx.fragment(), hidden(", new")),
                type="button",
                class_name=rx.cond(row.is_read, "plain", "plain new"),
                on_click=BellState.open(row.id),
            ),
            rx.cond(row.detail != "", rx.el.span(row.detail, class_name="t12 muted clip"), rx.fragment()),
            rx.el.span(when(row.at, shown=row.at_text), class_name="t12 faint"),
        ),
        key=row.id,
    )
