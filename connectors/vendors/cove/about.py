"""What the Cove connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

API_USER = "API Authentication"

ABOUT = About(
    id="cove",
    name="Cove Data Protection",
    side="usage",
    category="Backup",
    summary="Devices and Microsoft 365 tenants backed up for each customer, servers and workstations apart.",
    fields=(
        Field(
            name="partner",
            label="Partner name",
            help="The name of your own company exactly as the management console shows it, with its spelling and case.",
            pattern=r"\S.{0,199}",
            wrong="is at most 200 characters long",
        ),
        Field(
            name="username",
            label="API user",
            help="Management console > Management > Users > Add user, with API Authentication switched on.",
            pattern=r"\S.{0,199}",
            wrong="is at most 200 characters long",
        ),
        Field(
            name="password",
            label="API token",
            help="Shown once when API Authentication is switched on for the user.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
    ),
    privileges=(Privilege(name=API_USER, why="to read the customers and the statistics of their devices"),),
    limits=Limits(
        budgets=(Budget(requests=60, seconds=60),),
        at_once=1,
        source="No limit is known; one request a second and one at once is our caution, not confirmed.",
    ),
    hosts=("api.backup.management",),
    proof="facts",
)
