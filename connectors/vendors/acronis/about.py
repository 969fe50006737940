"""What the Acronis connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

TENANTS = "Tenants, read-only"
USAGES = "Usage reporting, read-only"
OFFERING = "Offering items, read-only"

ABOUT = About(
    id="acronis",
    name="Acronis Cyber Protect Cloud",
    side="usage",
    category="Backup",
    summary="What each customer tenant used: protected servers, workstations, virtual machines, seats and storage.",
    fields=(
        Field(
            name="data_center",
            label="Data center address",
            help="The address of your management portal, such as eu2-cloud.acronis.com.",
            pattern=r"(?i)(https://)?([a-z0-9-]+\.)+acronis\.(com|cloud)/?",
            wrong="is a host such as eu2-cloud.acronis.com",
            placeholder="eu2-cloud.acronis.com",
        ),
        Field(
            name="client_id",
            label="Client ID",
            help="Management portal > Settings > API clients > Create API client.",
            pattern=r"[0-9A-Fa-f-]{32,36}",
            wrong="is the UUID shown when the API client is made",
        ),
        Field(
            name="client_secret",
            label="Client secret",
            help="Shown once when the API client is made.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
    ),
    privileges=(
        Privilege(name=TENANTS, why="to know the customers, also those in folders and below other partners"),
        Privilege(name=USAGES, why="to read what each customer used"),
        Privilege(name=OFFERING, why="to name what can be used", is_optional=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=300, seconds=60),),
        at_once=4,
        source="No number is published where we looked; 300 a minute is our caution, not confirmed.",
    ),
    hosts=("*.acronis.com", "*.acronis.cloud"),
    proof="specification",
)
