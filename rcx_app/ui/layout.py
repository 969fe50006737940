"""The shell around every page: skip link, navigation, top bar, main region, palette, list of keys, narrow notice.

A page is `page(..., active="billing", crumbs=(("Billing & invoices", BILLING),), title="Review queue")`. One-pane pages
scroll as a whole; two-pane pages fill the window and scroll inside their panes, and turn the navigation into a rail
under 1440 px. Under 1200 px a working page says kindly that it needs room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx
from reflex.style import color_mode, set_color_mode

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.banners import banners
from rcx_app.ui.base import AppState
from rcx_app.ui.components.badges import avatar, dot
from rcx_app.ui.components.controls import cap
from rcx_app.ui.components.icons import icon, sprite
from rcx_app.ui.components.keys import keys_dialog
from rcx_app.ui.components.menu import item, menu, menu_trigger, option, separator
from rcx_app.ui.components.menu import title as menu_title
from rcx_app.ui.components.numbers import grouped
from rcx_app.ui.components.palette import palette
from rcx_app.ui.components.text import Text, classes, hidden, link, outward, when
from rcx_app.ui.pages.notifications.bell import bell
from rcx_app.ui.places import ACCOUNT, PLACES, SETTLED, STAFF, Place, existing
from rcx_app.ui.shell import ShellState

Area = Literal["workspace", "staff"]


def page(
    *children: Any,
    active: str,
    title: Text,
    crumbs: Sequence[tuple[Text, Text]] = (),
    two_pane: bool = False,
    period: rx.Component | None = None,
    on_jobs_done: Any = None,
    narrow: bool = False,
    area: Area = "workspace",
) -> rx.Component:
    """A whole page. `active` names the `Place` it belongs to; `crumbs` are (words, address) before `title`, which is
    the last crumb. `period` is a control for the top bar, where the page has one. `on_jobs_done` is run when the jobs
    that were under way have ended, to show their results. `narrow`: the page works down to 375 px, where the
    navigation becomes a menu. `area` "staff" has the navigation of agents."""
    reached = STAFF if area == "staff" else (*PLACES, *SETTLED)
    return rx.fragment(
        sprite(),
        *([_after_jobs(on_jobs_done)] if on_jobs_done is not None else []),
        outward("Skip to content", href="#main", class_name="skip"),
        rx.el.div(
            _nav(active, area),
            _top(crumbs, title, period, area),
            rx.el.main(banners(), *children, _slow(), class_name="main", id="main", tab_index=-1),
            class_name=classes("app", "" if narrow else "work", "two-pane" if two_pane else ""),
        ),
        *([] if narrow else [_narrow_notice()]),
        palette(
            [(place.words, place.href, place.icon) for place in existing(reached)],
            hits=ShellState.hits,
            on_find=ShellState.find,
        ),
        keys_dialog(),
    )


def page_head(title: Text, *end: Any, sub: Any = "", beside: rx.Component | None = None) -> rx.Component:
    """A page's title line: `beside` stands next to it (segments), `end` at its right (buttons, a total)."""
    return rx.el.div(
        rx.el.h1(title),
        *([beside] if beside is not None else []),
        rx.el.span(sub, class_name="sub"),
        rx.el.span(class_name="push"),
        *end,
        class_name="page-head",
    )


def section(title: Text, *children: Any, end: Any = None, class_name: str = "") -> rx.Component:
    """A region of a one-pane page under its own heading; `end` stands at the heading's right."""
    side = [rx.el.span(end, class_name="push faint")] if end is not None else []
    return rx.el.section(
        rx.el.div(rx.el.h2(title), *side, class_name="head"), *children, class_name=classes("section", class_name)
    )


def _nav(active: str, area: Area) -> rx.Component:
    staff = rx.fragment(_staff_mark(), _entries(STAFF, active))
    own = rx.fragment(_workspace(), _entries(PLACES, active), _entries(SETTLED, active, class_name="foot"))
    # An agent at home keeps his own navigation on the pages that are everybody's, such as his account.
    shown = staff if area == "staff" else rx.cond(AppState.is_house, staff, own)
    return rx.el.nav(shown, class_name="nav", aria_label="Main")


def _entries(places: tuple[Place, ...], active: str, class_name: str = "") -> rx.Component:
    return rx.el.ul(
        *(_open_to(place, rx.el.li(_entry(place, place.name == active))) for place in existing(places)),
        class_name=class_name,
    )


def _open_to(place: Place, drawn: rx.Component) -> rx.Component:
    """Drawn for those who may open the place; the way in only as long as it leads somewhere."""
    may = AppState.opens.contains(place.needs.value)
    is_shown = may & (AppState.stage != "active") if place.href == addresses.ONBOARDING else may
    return rx.cond(is_shown, drawn, rx.fragment())


def _staff_mark() -> rx.Component:
    return _switcher("RCX desk", rx.el.span("R", class_name="mono-mark", aria_hidden="true"))


def workspace_mark() -> rx.Component:
    """The workspace's name alone, for pages without navigation."""
    return rx.el.span(_letter(), rx.el.span(AppState.workspace_name, class_name="label clip"), class_name="ws-mark row")


def _letter() -> rx.Component:
    return rx.el.span(AppState.workspace_name[:1], class_name="mono-mark", aria_hidden="true")


def _workspace() -> rx.Component:
    return _switcher(AppState.workspace_name, _letter())


def _switcher(words: Text, mark: rx.Component) -> rx.Component:
    """A name at the navigation's top; a menu to switch, where the person belongs to several workspaces."""
    name = (mark, rx.el.span(words, class_name="label clip"))
    trigger = rx.el.button(*name, icon("sort", 14), type="button", class_name="ws", title=words, **menu_trigger())
    return rx.cond(
        ShellState.workspaces.length() > 1,
        menu(trigger, rx.foreach(ShellState.workspaces, _workspace_choice), label="Switch workspace"),
        rx.el.div(*name, class_name="ws ws-static", title=words),
    )


def _workspace_choice(row: Any) -> rx.Component:
    """A plain form: switching begins a new session, so the page is loaded anew."""
    return rx.el.form(
        rx.el.input(type="hidden", name="workspace_id", value=row.id, read_only=True),
        rx.el.button(
            icon("check", 14, "tick"),
            row.name,
            type="submit",
            role="menuitemradio",
            tab_index=-1,
            aria_checked=rx.cond(row.is_current, "true", "false"),
        ),
        method="post",
        action="/workspace",
        # Without this Reflex cancels the submission.
        on_submit=None,
        role="presentation",
        key=row.id,
    )


def _entry(place: Place, is_active: bool) -> rx.Component:
    counted: list[rx.Component] = []
    title: Any = place.words
    if place.count is not None:
        number_words = grouped(place.count)
        said = number_words + f" {place.counted}"
        title = rx.cond(place.count > 0, f"{place.words}: " + said, place.words)
        number = rx.el.span(
            rx.el.span(number_words, class_name="whole", aria_hidden="true"),
            rx.el.span(
                rx.cond(place.count > 999, "999+", place.count.to_string()), class_name="brief", aria_hidden="true"
            ),
            hidden(said),
            class_name=rx.cond(
                place.count > 99,
                classes("count long", "under" if place.warns else ""),
                classes("count", "under" if place.warns else ""),
            ),
        )
        counted = [rx.cond(place.count > 0, number, rx.fragment())]
    return link(
        icon(place.icon),
        rx.el.span(place.words, class_name="label"),
        *counted,
        href=place.href,
        title=title,
        **({"aria_current": "page"} if is_active else {}),
    )


def _top(crumbs: Sequence[tuple[Text, Text]], title: Text, period: rx.Component | None, area: Area) -> rx.Component:
    trail = [part for words, href in crumbs for part in (link(words, href=href), icon("right", 12))]
    return rx.el.header(
        _small_menu(area),
        rx.el.nav(
            *trail,
            rx.el.span(title, class_name="clip", aria_current="page"),
            class_name="crumbs",
            aria_label="Breadcrumb",
        ),
        rx.el.span(class_name="push"),
        *([period] if period is not None else []),
        *([_sync_pill()] if area == "workspace" else []),
        rx.el.button(
            icon("search", 14), "Find or do", cap("mod+k"), type="button", class_name="btn ghost", data_palette_open=""
        ),
        *([_bell()] if area == "workspace" else []),
        user_menu(),
        class_name="top",
    )


def _bell() -> rx.Component:
    return rx.cond(AppState.opens.contains(Permission.READ.value), bell(), rx.fragment())


def _small_menu(area: Area) -> rx.Component:
    """The navigation in a narrow window, where its column has no room. Hidden elsewhere by the style sheet."""
    places = STAFF if area == "staff" else (*PLACES, *SETTLED)
    trigger = rx.el.button(
        icon("columns"), type="button", class_name="btn ghost icon", aria_label="Pages", **menu_trigger()
    )
    opened = menu(
        trigger,
        *(_open_to(place, item(place.words, href=place.href, icon=place.icon)) for place in existing(places)),
        label="Pages",
    )
    return rx.el.span(opened, class_name="small-menu")


def _sync_pill() -> rx.Component:
    """What runs, else how the integrations do, with the one that is worst off."""
    first = ShellState.jobs[0]
    running = rx.el.span(
        icon("refresh", 14, "spin"),
        first.title,
        rx.el.span(first.detail, class_name="faint"),
        class_name="pill",
        role="status",
    )
    at = rx.el.span(when(ShellState.sync_at, shown=ShellState.sync_at_text), class_name="faint")
    worst = rx.el.span(ShellState.sync_worst, class_name="faint clip")
    pill = link(
        dot(ShellState.sync_tone),
        ShellState.sync_text,
        rx.cond(ShellState.sync_at != "", at, rx.fragment()),
        rx.cond(ShellState.sync_worst != "", worst, rx.fragment()),
        href=addresses.INTEGRATIONS,
        class_name="pill",
        title=rx.cond(ShellState.sync_why != "", ShellState.sync_why, "How the integrations do"),
    )
    return rx.cond(ShellState.jobs.length() > 0, running, rx.cond(ShellState.sync_text != "", pill, rx.fragment()))


def _after_jobs(handler: Any) -> rx.Component:
    """Nothing to see; run each time that the watched jobs have ended.

    A component of its own, named after its handler: what is mounted with a page as a whole is mounted only once.
    """

    def again(rest: rx.RestProp) -> rx.Component:
        return rx.fragment(rx.el.span(hidden=True, on_mount=handler), rest)

    again.__name__ = again.__qualname__ = "after_jobs_" + handler.fn.__qualname__.replace(".", "_").lower()
    fresh = rx.memo(again)
    return rx.cond(ShellState.jobs_done > 0, fresh(key=ShellState.jobs_done.to_string()), rx.fragment())


def user_menu() -> rx.Component:
    """The menu behind the person's initials. Needs `keys_dialog()` on the page."""
    trigger = rx.el.button(
        avatar(AppState.user_initials),
        type="button",
        class_name="btn ghost icon",
        aria_label="Your account",
        title=AppState.user_name,
        **menu_trigger(),
    )
    return menu(
        trigger,
        menu_title(AppState.user_name, AppState.user_email),
        separator(),
        *(_open_to(place, item(place.words, href=place.href, icon=place.icon)) for place in existing(ACCOUNT)),
        _back_from_desk(),
        *([separator()] if existing(ACCOUNT) else []),
        option("System colours", checked=color_mode == "system", on_click=set_color_mode("system")),
        option("Light", checked=color_mode == "light", on_click=set_color_mode("light")),
        option("Dark", checked=color_mode == "dark", on_click=set_color_mode("dark")),
        separator(),
        rx.el.button(
            icon("keyboard"),
            "Keys",
            rx.el.kbd("?", aria_hidden="true"),
            type="button",
            role="menuitem",
            tab_index=-1,
            data_keys_open="",
        ),
        rx.el.form(
            rx.el.button(icon("out"), "Sign out", type="submit", role="menuitem", tab_index=-1),
            method="post",
            action="/sign-out",
            # Without this Reflex cancels the submission.
            on_submit=None,
            role="presentation",
        ),
        label="Your account",
    )


def _back_from_desk() -> rx.Component:
    """For staff who also work in a workspace: from the agents' pages back to it."""
    both = AppState.opens.contains(Permission.AGENT.value) & AppState.opens.contains(Permission.READ.value)
    return rx.cond(
        both, item("Back to " + AppState.workspace_name, href=addresses.OVERVIEW, icon="overview"), rx.fragment()
    )


def _slow() -> rx.Component:
    """For a page whose answer stays away, whatever the reason: the style sheet shows it where bones stand too long."""
    return rx.el.div(
        icon("clock", 14),
        "This takes longer than it should. What you saved is safe.",
        rx.el.button("Load the page again", type="button", class_name="btn tight", data_reload=""),
        class_name="slow-note",
    )


def _anywhere() -> tuple[Place, ...]:
    return tuple(place for place in existing(ACCOUNT) if place.name != "desk")


def _narrow_notice() -> rx.Component:
    """In place of a page that needs room, as in a narrow window or much enlarged; with the ways to those that don't."""
    return rx.el.section(
        rx.el.h2("This page needs a little more room"),
        rx.el.p(
            "Widen the window to 1200 px or more, or zoom out, to work here. These pages work at any width:",
            class_name="muted",
        ),
        rx.el.nav(
            *(_open_to(place, link(place.words, href=place.href, class_name="btn")) for place in _anywhere()),
            class_name="row",
            aria_label="Pages for any width",
        ),
        class_name="narrow-notice",
        aria_label="Window too narrow",
    )
