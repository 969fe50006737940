"""What the Sophos connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

READ_ONLY = "Service Principal Read-Only"

ABOUT = About(
    id="sophos",
    name="Sophos Central",
    side="usage",
    category="Endpoint security",
    summary="Endpoints of each tenant, servers and workstations apart, and the quantities Sophos bills by month.",
    fields=(
        Field(
            name="client_id",
            label="Client ID",
            help="Sophos Central Partner > Settings & Policies > API Credentials Management > Add credential.",
            pattern=r"[0-9A-Za-z-]{8,100}",
            wrong="has letters, digits and - only",
        ),
        Field(
            name="client_secret",
            label="Client secret",
            help="Shown once when the credential is made.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
        Field(
            name="left_out",
            label="Tenants to leave out",
            help="IDs of tenants that forbid access by their partner, separated by commas. They are not read at all.",
            is_required=False,
            pattern=r"[0-9A-Fa-f-]{36}([,;\s]+[0-9A-Fa-f-]{36})*",
            wrong="are tenant IDs separated by commas",
        ),
    ),
    privileges=(Privilege(name=READ_ONLY, why="to read tenants, their endpoints and the billing usage"),),
    limits=Limits(
        budgets=(Budget(requests=10, seconds=1), Budget(requests=100, seconds=60), Budget(requests=1000, seconds=3600)),
        at_once=4,
        source="10 a second, 100 a minute and 1,000 an hour, as remembered from Sophos's pages; not confirmed.",
    ),
    hosts=("*.sophos.com",),
    proof="examples",
)
