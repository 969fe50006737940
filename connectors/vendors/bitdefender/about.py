"""What the Bitdefender GravityZone connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

NETWORK = "Network API"
COMPANIES = "Companies API"
LICENSING = "Licensing API"

ABOUT = About(
    id="bitdefender",
    name="Bitdefender GravityZone",
    side="usage",
    category="Endpoint security",
    summary="Managed endpoints of each company, servers and workstations apart, and the usage Bitdefender bills.",
    fields=(
        Field(
            name="access_url",
            label="Access URL",
            help="GravityZone Control Center > your name > My account > Control Center API.",
            pattern=r"(?i)(https://)?([a-z0-9-]+\.)+gravityzone\.bitdefender\.com(/api)?/?",
            wrong="is an address that ends in .gravityzone.bitdefender.com/api",
            placeholder="https://cloud.gravityzone.bitdefender.com/api",
        ),
        Field(
            name="api_key",
            label="API key",
            help="My account > API keys > Add, in your partner company.",
            is_secret=True,
            pattern=r"[0-9A-Za-z]{16,200}",
            wrong="has letters and digits only, 16 or more",
        ),
        Field(
            name="last_contact",
            label="Last contact of endpoints",
            help="GravityZone tells it for one endpoint at a time, about 1,000 endpoints in four minutes.",
            choices=(("yes", "Read it"), ("no", "Leave it out")),
            default="yes",
        ),
    ),
    privileges=(
        Privilege(name=NETWORK, why="to read the companies and their endpoints"),
        Privilege(name=COMPANIES, why="to know whose key it is"),
        Privilege(name=LICENSING, why="to read the usage of the last month"),
    ),
    limits=Limits(
        budgets=(Budget(requests=5, seconds=1),),
        at_once=3,
        source="Five a second, as clients of the API report from Bitdefender's pages; not confirmed.",
    ),
    hosts=("*.gravityzone.bitdefender.com",),
    proof="examples",
)
