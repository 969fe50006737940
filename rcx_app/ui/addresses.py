"""Where the pages are, and how a page's filters become a query string. Written once, so no link goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

OVERVIEW = "/"
BILLING = "/billing"
BY_SERVICE = "/billing/services"
REVIEW = "/billing/review"
FLAGGED = "/billing/flagged"
CLIENT = "/billing/clients"
MAPPING = "/clients"
SERVICES = "/services"
INTEGRATIONS = "/integrations"
REPORTS = "/reports"
NOTIFICATIONS = "/notifications"
NOTIFICATION_SETTINGS = "/settings/notifications"
CONFIGURATION = "/integrations/configuration"
CHANGES = "/changes"
MATCH_SETTINGS = "/settings/matching"
WRITING_SETTINGS = "/settings/writing"
AUDIT = "/settings/audit"
SUPPORT = "/support"
NETWORK = "/settings/network"
SUBSCRIPTION = "/settings/subscription"
ONBOARDING = "/onboarding"
# Where agents of the company that runs RCX work.
STAFF = "/staff"
WORKSPACE_SETTINGS = "/settings/workspace"
DATA_SETTINGS = "/settings/data"
# Counts that fell too far to be believed.
HELD_COUNTS = "/integrations?held=all"
# Downloads, so plain links: they are the server's and no pages. Each is to be had as .xlsx too.
EXPORT_FINDINGS = "/exports/findings.csv"
EXPORT_CLIENTS = "/exports/clients.csv"
EXPORT_SERVICES = "/exports/services.csv"
EXPORT_FLAGS = "/exports/flags.csv"


def address(path: str, query: Mapping[str, object] | None = None, /, **more: object) -> str:
    """`path` with the query's non-empty values, in a steady order: ``/billing/review?kind=calculated&sort=-age``."""
    chosen = {**(query or {}), **more}
    filled = sorted((name, str(value)) for name, value in chosen.items() if value not in ("", None, False))
    return f"{path}?{urlencode(filled)}" if filled else path


def guide(connector_id: str) -> str:
    """Where a connector's credentials are found: the server's own page, so a plain link."""
    return f"/guides/{connector_id}"


def client(client_id: int | str) -> str:
    """The page of one client."""
    return f"{CLIENT}/{client_id}"


def change_set(change_set_id: int | str) -> str:
    """The page of one change set."""
    return f"{CHANGES}/{change_set_id}"


def export_change_set(change_set_id: int | str, kind: str) -> str:
    """What of a change set is not sent, as a file: a download, so a plain link."""
    return f"/exports/changes.{kind}?set={change_set_id}"
