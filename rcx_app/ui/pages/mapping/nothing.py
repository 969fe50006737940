"""The empty list of the mapping page: why nothing is there, and the next step."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.numbers import grouped
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.mapping.state import MappingRowsState as Rows
from rcx_app.ui.pages.mapping.state import MappingState as State


def nothing(is_open_tab: Any) -> rx.Component:
    """Why the list is empty, and the next step. `is_open_tab`: it is one of accounts that nobody has decided."""
    to_integrations = link("Go to integrations", href=addresses.INTEGRATIONS, class_name="btn primary")
    return rx.cond(
        State.is_filtered & (State.in_tab > 0),
        empty(
            "Nothing fits the filters",
            rx.fragment("They hide ", grouped(State.in_tab), rx.cond(State.in_tab == 1, " account.", " accounts.")),
            button("Clear filters", on_click=Rows.clear_filters),
        ),
        rx.cond(
            State.accounts == 0,
            empty(
                "No accounts yet",
                "Accounts come with the usage of a vendor. Connect one or import its export, and they are matched to "
                "your clients by themselves.",
                to_integrations,
            ),
            rx.cond(
                State.is_matching & is_open_tab,
                empty(
                    "Matching is running", "Suggestions appear here as soon as it is done; this page follows by itself."
                ),
                _by_tab(
                    {
                        "review": _nothing_to_review(to_integrations),
                        "unmapped": empty("No account is left unmapped", "Each one has a suggestion or a decision."),
                        "mapped": empty("Nothing is mapped yet", "What you confirm stands here, with who did it."),
                        "excluded": empty(
                            "Nothing is excluded", "Accounts that belong to no client stand here, with the reason."
                        ),
                        "snoozed": empty("Nothing is snoozed", "Snoozed accounts return by themselves on their day."),
                    }
                ),
            ),
        ),
    )


def _nothing_to_review(to_integrations: rx.Component) -> rx.Component:
    unmapped = State.counts["unmapped"]
    return rx.cond(
        State.clients == 0,
        empty(
            "No clients to compare with",
            "The accounts are there, but no client of your PSA. Import its clients or agreement lines.",
            to_integrations,
        ),
        rx.cond(
            unmapped > 0,
            empty(
                "Nothing to review",
                rx.fragment(
                    grouped(unmapped), rx.cond(unmapped == 1, " account has", " accounts have"), " no suggestion."
                ),
                link(
                    "Show unmapped", href=addresses.address(addresses.MAPPING, tab="unmapped"), class_name="btn primary"
                ),
            ),
            empty("All accounts are decided", "Each one is mapped, excluded or snoozed. New ones appear here."),
        ),
    )


def _by_tab(by_tab: dict[str, Any]) -> Any:
    return rx.match(State.tab, *by_tab.items(), by_tab["review"])
