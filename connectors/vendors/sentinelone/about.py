"""What the SentinelOne connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

SITES = "Sites: View"
ENDPOINTS = "Endpoints: View"

ABOUT = About(
    id="sentinelone",
    name="SentinelOne",
    side="usage",
    category="Endpoint security",
    summary="Agents installed in each site, servers and workstations apart, with the site's product.",
    fields=(
        Field(
            name="console",
            label="Console address",
            help="The address at which you sign in, such as usea1-partners.sentinelone.net.",
            pattern=r"(?i)(https://)?([a-z0-9-]+\.)+sentinelone\.net/?",
            wrong="is a host that ends in .sentinelone.net",
            placeholder="usea1-partners.sentinelone.net",
        ),
        Field(
            name="api_token",
            label="API token",
            help="Settings > Users > Service users > Create new service user.",
            is_secret=True,
            pattern=r"\S{20,4000}",
            wrong="has no spaces and at least 20 characters",
        ),
    ),
    privileges=(
        Privilege(name=SITES, why="to know the clients and the product of each site"),
        Privilege(name=ENDPOINTS, why="to count the agents"),
    ),
    limits=Limits(
        budgets=(Budget(requests=25, seconds=1),),
        at_once=2,
        source="The specification names no limit; 25 a second and two at once is our caution, not confirmed.",
    ),
    hosts=("*.sentinelone.net",),
    proof="specification",
)
