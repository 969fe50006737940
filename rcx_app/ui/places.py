"""The places that navigation, settings tabs and menus lead to, each with what it takes to open it.

An entry is shown once a `Page` with its address exists and where the person's role and the workspace's stage allow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.shell import ShellState

_routes: set[str] = set()


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. `count` waits for a person; `counted` says of what; `warns` colours it amber."""

    name: str
    words: str
    href: str
    icon: str = ""
    count: Any = None
    counted: str = ""
    warns: bool = False
    needs: Permission = Permission.READ


PLACES: tuple[Place, ...] = (
    Place("overview", "Overview", addresses.OVERVIEW, "overview"),
    Place(
        "billing", "Billing & invoices", addresses.BILLING, "invoice", ShellState.billing_count, "findings to review"
    ),
    Place("changes", "Change sets", addresses.CHANGES, "upload", ShellState.changes_count, "wait for approval"),
    Place("mapping", "Clients", addresses.MAPPING, "match", ShellState.mapping_count, "accounts to map"),
    Place("services", "Services", addresses.SERVICES, "rules", ShellState.services_count, "products not fully counted"),
    Place(
        "integrations",
        "Integrations",
        addresses.INTEGRATIONS,
        "plug",
        ShellState.integrations_count,
        "need attention",
        True,
    ),
    Place("reports", "Reports", addresses.REPORTS, "chart"),
)
# Below, at the foot of the navigation.
SETTLED: tuple[Place, ...] = (
    Place("onboarding", "Getting started", addresses.ONBOARDING, "flag", needs=Permission.SELF),
    Place("settings", "Settings", addresses.WORKSPACE_SETTINGS, "gear"),
    Place(
        "support",
        "Support",
        addresses.SUPPORT,
        "help",
        ShellState.support_count,
        "answered tickets",
        needs=Permission.SUPPORT,
    ),
    Place("audit", "Audit log", addresses.AUDIT, "lock"),
)
# What agents of the company that runs RCX work with.
STAFF: tuple[Place, ...] = (
    Place("board", "Onboarding board", addresses.STAFF, "columns", needs=Permission.AGENT),
    Place("calendar", "Calendar", "/staff/calendar", "calendar", needs=Permission.AGENT),
    Place(
        "tickets",
        "Tickets",
        "/staff/tickets",
        "help",
        ShellState.desk_count,
        "wait for us",
        needs=Permission.AGENT,
    ),
    Place("workspaces", "Workspaces", "/staff/workspaces", "grid", needs=Permission.AGENT),
    Place("notices", "Notices", "/staff/notices", "bell", needs=Permission.AGENT),
    Place("agents", "Agents", "/staff/agents", "users", needs=Permission.PLATFORM),
    Place("network", "Network", "/staff/network", "link", needs=Permission.PLATFORM),
    Place("plans", "Plans", "/staff/plans", "invoice", needs=Permission.PLATFORM),
)
# The tabs of the settings (`ui.settings.settings_tabs`).
SETTINGS: tuple[Place, ...] = (
    Place("workspace", "Workspace", addresses.WORKSPACE_SETTINGS),
    Place("data", "Data", addresses.DATA_SETTINGS),
    Place("matching", "Matching", addresses.MATCH_SETTINGS),
    Place("writing", "Writing", addresses.WRITING_SETTINGS),
    Place("people", "People", "/settings/people", needs=Permission.TEAM),
    Place("security", "Security", "/settings/security", needs=Permission.TEAM),
    Place("notifications", "Notifications", addresses.NOTIFICATION_SETTINGS),
    Place("subscription", "Subscription", "/settings/subscription", needs=Permission.TEAM),
    Place("network", "Network", "/settings/network"),
    Place("audit", "Audit log", addresses.AUDIT),
)
# The menu behind the person's initials.
ACCOUNT: tuple[Place, ...] = (
    Place("desk", "RCX desk", addresses.STAFF, "columns", needs=Permission.AGENT),
    Place("account", "Your account", "/account", "person", needs=Permission.SELF),
    Place("way-in", "Getting started", addresses.ONBOARDING, "flag", needs=Permission.ONBOARD),
    Place("support", "Support", addresses.SUPPORT, "help", needs=Permission.SUPPORT),
)


def note(route: str) -> None:
    """There is a page at `route`. Called by every `Page`."""
    _routes.add(route)


def has(route: str) -> bool:
    """Whether there is a page at `route`. Ask while a page is built."""
    return route in _routes


def existing(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those whose page exists. Ask while a page is built, when all pages are known."""
    return tuple(place for place in places if place.href.split("?")[0] in _routes)
