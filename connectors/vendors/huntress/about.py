"""What the Huntress connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

API_ACCESS = "API Credentials"
IDENTITIES = "Managed ITDR identities"
INVOICES = "Invoices"

ABOUT = About(
    id="huntress",
    name="Huntress",
    side="usage",
    category="Endpoint security",
    summary="Organizations with their agents, billable identities, learners and log sources, and Huntress's invoices.",
    fields=(
        Field(
            name="api_key",
            label="API key",
            help="Huntress > menu at the top right > API Credentials > Setup > Generate.",
            pattern=r"[A-Za-z0-9_-]{8,200}",
            wrong="has letters, digits, _ and - only",
        ),
        Field(
            name="api_secret",
            label="API secret key",
            help="Shown once when the pair is generated.",
            is_secret=True,
            pattern=r"[!-9;-~]{8,500}",
            wrong="has no spaces or colons and at least 8 characters",
        ),
    ),
    privileges=(
        Privilege(name=API_ACCESS, why="to read organizations and agents"),
        Privilege(name=IDENTITIES, why="to read identities, where Managed ITDR is used", is_optional=True),
        Privilege(name=INVOICES, why="to compare cost with price", is_optional=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=60, seconds=60, is_shared=True),),
        at_once=2,
        is_confirmed=True,
        source="Huntress API reference: 60 requests in a sliding minute for each account.",
    ),
    hosts=("api.huntress.io",),
    proof="specification",
)
