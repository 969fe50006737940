"""Where the pages are, and how a page's filters become a query string. Written once, so no link goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

OVERVIEW = "/"
BILLING = "/billing"
BY_SERVICE = "/billing/services"
REVIEW = "/billing/review"
CLIENT = "/billing/clients"
MAPPING = "/clients"
SERVICES = "/services"
INTEGRATIONS = "/integrations"
MATCH_SETTINGS = "/settings/matching"
# Counts that fell too far to be believed.
HELD_COUNTS = "/integrations?held=all"
# A download, so a plain link: it is the server's and not a page.
EXPORT_FINDINGS = "/exports/findings.csv"


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
