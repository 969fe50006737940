"""The review queue's markup."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.reconcile.screens.query import AGES
from rcx_app.ui import addresses, words
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, filter_chip, filter_menu, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pane, split
from rcx_app.ui.components.table import Column, load_more, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.finding.dialogs import finding_dialogs
from rcx_app.ui.pages.billing.finding.foot import list_foot
from rcx_app.ui.pages.billing.finding.panel import finding_panel
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.finding.watching import watched
from rcx_app.ui.pages.billing.head import CRUMB, billing_head, nothing_compared, open_sums
from rcx_app.ui.pages.billing.looks.parts import hides, looks, views_dialog
from rcx_app.ui.pages.billing.looks.state import LooksState
from rcx_app.ui.pages.billing.queue.base import QueueState as State
from rcx_app.ui.pages.billing.queue.listed import pick_shown, row_by_now
from rcx_app.ui.pages.billing.queue.many_parts import many_dialog, picked_bar
from rcx_app.ui.pages.billing.queue.state import QueueRowsState as Rows
from rcx_app.ui.pages.billing.texts import DECIDED

VIEWS = (
    ("", "To review"),
    ("mine", "Mine"),
    ("returned", "Returned"),
    ("not_ready", "Not ready"),
    ("decided", "Decided"),
)
# Views that other pages lead to; each has its tab while it is shown.
_BY_KIND = {
    "under": "Under-billed",
    "over": "Over-billed",
    "unmapped": "Unmapped",
    "unaccounted": "Unaccounted",
    "estimated": "Estimated",
}
_RETURNED = (("yes", "Returned"), ("no", "Never returned"))
_AGES = tuple((days, f"{days} days and older") for days in AGES)
_READY = (("yes", "Ready"), ("no", "Not ready"))


def queue() -> rx.Component:
    return page(
        split(
            pane(
                billing_head("queue", open_sums(State.sums, State.sums_display, State.sums_display_of)),
                views_dialog(),
                rx.cond(State.is_loaded & ~State.has_run & (State.problem == ""), nothing_compared(), _list()),
                list_foot(),
                rx.cond(State.may_review, picked_bar(), rx.fragment()),
                label="Findings",
            ),
            finding_panel(State.total_text),
            open_var=FindingState.open_id != "",
            look="review",
        ),
        finding_dialogs(),
        many_dialog(),
        watched(FindingState.look),
        active="billing",
        title="Queue",
        crumbs=(CRUMB,),
        two_pane=True,
        on_jobs_done=Rows.again,
    )


def _list() -> rx.Component:
    failed = rx.el.div(problem(State.problem, State.remedy, Rows.clear), class_name="section")
    return rx.fragment(
        _tabs(),
        _filters(),
        rx.cond(State.problem != "", failed, _table()),
    )


def _tabs() -> rx.Component:
    always = [_tab(view, text) for view, text in VIEWS]
    by_kind = [(view, tabs(*always, _tab(view, text), label="Views")) for view, text in _BY_KIND.items()]
    return rx.match(_asked("view"), *by_kind, tabs(*always, label="Views"))


def _tab(view: str, text: str) -> Tab:
    return Tab(text, addresses.address(addresses.REVIEW, view=view), _asked("view") == view, State.counts[view])


def _asked(name: str) -> Any:
    return State.asked[name]


def _filters() -> rx.Component:
    kinds = [(value, text) for value, (text, _) in words.KINDS.items()]
    view = _asked("view")
    fixes_kind = rx.Var.create(list(_BY_KIND)).contains(view)
    fixes_direction = (view == "under") | (view == "over")
    fixes_ready = fixes_direction | (view == "not_ready")
    end = (
        rx.cond(
            State.hidden > 0,
            link(
                icon("eye", 14),
                State.hidden.to_string(),
                " hidden",
                href=addresses.address(addresses.MAPPING, tab="excluded"),
                class_name="btn ghost hidden-count",
                title="Seats of excluded accounts are in no finding",
            ),
            rx.fragment(),
        ),
        *looks("queue", State.asked, State.export_href, total=State.total_text),
    )
    return filter_bar(
        search_field(_asked("find"), Rows.search, label="Find", key="/"),
        rx.cond(
            _asked("client") != "",
            filter_chip(
                "Client", rx.cond(State.client_name != "", State.client_name, "one client"), Rows.pick("client", "")
            ),
            rx.fragment(),
        ),
        _unless(fixes_kind, _menu("Kind", "kind", kinds, _word("kind", dict(kinds)))),
        _unless(
            fixes_direction,
            _menu("Direction", "direction", list(words.DIRECTIONS.items()), _word("direction", words.DIRECTIONS)),
        ),
        _menu("Integration", "integration", State.integrations),
        _menu(
            "Service", "service", State.services,
            rx.cond(State.service_name != "", State.service_name, _asked("service")),
        ),
        _rare("currency", _unless(State.currencies.length() < 2, _menu("Currency", "currency", State.currencies))),
        _rare("age", _menu("Age", "age", _AGES, _word("age", dict(_AGES)))),
        _rare(
            "assignee",
            _unless(view == "mine", _menu("Assignee", "assignee", State.people, State.assignee_name)),
        ),
        _unless(State.tags.length() < 1, _menu("Tag", "tag", State.tags)),
        _unless(fixes_ready | (_asked("ready") == ""), _menu("Ready", "ready", _READY, _word("ready", dict(_READY)))),
        _unless(_asked("returned") == "", _menu("Returned", "returned", _RETURNED, _word("returned", dict(_RETURNED)))),
        _unless(view != "decided", _menu("State", "state", tuple(DECIDED.items()), _word("state", DECIDED))),
        rx.el.button(
            rx.cond(State.all_filters, "Fewer", "More"), type="button", class_name="chip more-filters",
            aria_expanded=rx.cond(State.all_filters, "true", "false"), on_click=Rows.all_or_few,
            title="Currency, age and assignee",
        ),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=Rows.clear), rx.fragment()),
        end=end,
    )  # fmt: skip


def _rare(name: str, drawn: rx.Component) -> rx.Component:
    """A filter that beside the panel, where room is short, stands under "More" until it is in force."""
    return rx.el.span(drawn, class_name=rx.cond((_asked(name) != "") | State.all_filters, "contents", "contents rare"))


def _unless(hides: Any, drawn: rx.Component) -> rx.Component:
    return rx.cond(hides, rx.fragment(), drawn)


def _menu(label: str, name: str, options: Any, chosen: Any = None) -> rx.Component:
    return filter_menu(label, _asked(name), options, lambda value: Rows.pick(name, value), chosen_label=chosen)


def _word(name: str, known: dict[str, str]) -> Any:
    return rx.match(_asked(name), *known.items(), _asked(name))


def _table() -> rx.Component:
    columns = (
        Column(look="c-sel", drawn=pick_shown),
        Column("Client", "client"),
        Column("Service", "service", look="c-svc"),
        Column(_two("Quantity", "Billed to expected"), numeric=True, look="c-qty"),
        Column("Delta", "delta", numeric=True, look="c-delta"),
        Column("Price", numeric=True, look="c-price", title="Unit price of the line"),
        Column(_money_head(), "amount", numeric=True, look="c-amt"),
        Column("In " + LooksState.quote, numeric=True, look="c-display", title="For viewing only; hover for the rate"),
        Column("Kind", look="c-kind"),
        Column("Integration", look="c-integration"),
        Column("Age", "age", numeric=True, look="c-age", title="Since when the finding stands"),
        Column("6 months", look="c-trend", title="Billed (grey) and expected, as far back as it stands unbroken"),
        Column("State", look="c-state"),
    )
    return rx.el.div(
        table(
            columns,
            parts.joined(Rows),
            row_by_now,
            caption=State.caption,
            label="Findings",
            open_row=FindingState.open_id,
            sort=State.order,
            on_sort=Rows.sort_by,
            loading=State.is_busy | ~State.is_loaded,
            empty=_nothing(),
            foot=load_more(_foot(), Rows.more, has_more=Rows.has_more, roomy=True),
            look="fixed tight",
            keep_scroll="queue",
        ),
        class_name=rx.cond(State.one_currency != "", "fill grow ", "fill grow mixed ") + hides("queue"),
    )


def _two(narrow: str, wide: str) -> Any:
    return rx.fragment(rx.el.span(narrow, class_name="narrow-only"), rx.el.span(wide, class_name="wide-only"))


def _money_head() -> Any:
    narrow = rx.cond(State.one_currency != "", State.one_currency + "/month", "Amount/month")
    return rx.fragment(rx.el.span(narrow, class_name="narrow-only"), rx.el.span("Amount/month", class_name="wide-only"))


def _foot() -> Any:
    shown = rx.cond(
        Rows.first_number > 1,
        Rows.first_number.to_string() + " to " + Rows.last_number.to_string(),
        Rows.last_number.to_string(),
    )
    counted = rx.cond(State.total_text != "", shown + " of " + State.total_text, shown)
    return rx.cond(Rows.last_number > 0, counted, "")


def _nothing() -> rx.Component:
    filtered = empty(
        rx.cond(State.in_view == 1, "Filters hide 1 finding", "Filters hide " + State.in_view_text + " findings"),
        "None of this view fits all the filters at once.",
        button("Clear filters", on_click=Rows.clear),
        page=True,
    )
    reconciled = empty(
        "All reconciled",
        State.reconciled + ". What is billed agrees with what is counted, and no usage is left without a line.",
        page=True,
    )
    all_decided = empty(
        "Everything is decided",
        "No finding is left to review. One comes back by itself when its numbers change.",
        link("What was decided", href=addresses.address(addresses.REVIEW, view="decided"), class_name="btn"),
        page=True,
    )
    done = rx.cond(State.counts["decided"] == "0", reconciled, all_decided)
    none = empty(
        "Nothing in this view",
        rx.match(
            _asked("view"),
            ("mine", "Nothing that is open is assigned to you. Press M on a finding to take it."),
            ("returned", "Nothing that was decided has come back. It does so when its numbers change."),
            ("decided", "Nothing is decided yet. What you approve, dismiss or snooze stands here."),
            "No open finding is of this sort.",
        ),
        link("Findings to review", href=addresses.REVIEW, class_name="btn"),
        page=True,
    )
    return rx.cond(State.is_filtered & (State.in_view > 0), filtered, rx.cond(_asked("view") == "", done, none))


PAGE = Page(route="/billing/review", title="Review queue", build=queue, on_load=(LooksState.look, Rows.load))
