"""The tabs over all pages of the settings. Which there are says `places.SETTINGS`."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.base import AppState
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.places import SETTINGS, existing


def settings_tabs(current: str) -> rx.Component:
    """A row under `page_head("Settings", ...)`. `current` names one of `places.SETTINGS`."""
    return tabs(
        *(
            Tab(place.words, place.href, place.name == current, is_shown=AppState.opens.contains(place.needs.value))
            for place in existing(SETTINGS)
        ),
        label="Settings",
    )
