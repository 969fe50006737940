"""What the Autotask connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

COMPANIES = "CRM: Companies, view all"
CONTRACTS = "Contracts: view, contract visibility full"
SERVICES = "Products and services: view"
INVOICES = "Contracts: invoices and posted items, view"
ADJUST = "Contracts: edit services"

ABOUT = About(
    id="autotask",
    name="Autotask PSA",
    side="psa",
    category="PSA",
    summary="Customers, services, recurring service contracts with the units of each service, and posted invoices.",
    fields=(
        Field(
            name="username",
            label="Username (key)",
            help="Admin > Resources/Users > the API user > Credentials. It looks like an e-mail address.",
            pattern=r"[^\s@]+@[^\s@]+",
            wrong="looks like an e-mail address",
            placeholder="ab12cdefg34hij5@example.com",
        ),
        Field(
            name="secret",
            label="Password (secret)",
            help="Made beside the username; Autotask shows it once.",
            is_secret=True,
            pattern=r"\S{4,200}",
            wrong="has no spaces and at least 4 characters",
        ),
        Field(
            name="integration_code",
            label="API tracking identifier",
            help="On the same page: choose Custom (Internal Integration) and copy the code that is made.",
            is_secret=True,
            pattern=r"[A-Za-z0-9]{10,64}",
            wrong="is made of letters and digits only",
        ),
        Field(
            name="company_types",
            label="Company types that are clients",
            help="As Autotask shows them, separated by commas. Companies of other types (leads, vendors) are left out.",
            is_required=False,
            default="Customer",
            pattern=r"[^,\s][^,]*(,[^,]*\S[^,]*)*",
            wrong="is a list of names with commas between them",
        ),
    ),
    privileges=(
        Privilege(name=COMPANIES, why="to know the clients"),
        Privilege(name=CONTRACTS, why="to read contracts, their services and the units in force"),
        Privilege(name=SERVICES, why="to name what is billed"),
        Privilege(name=INVOICES, why="to compare with what was invoiced", is_optional=True),
        Privilege(name=ADJUST, why="to change the units of a service", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=10_000, seconds=3600, is_shared=True, headroom=0.5),),
        at_once=3,
        is_confirmed=True,
        source=(
            "Autotask's developer help: 10,000 requests an hour for the whole database and all its integrations, "
            "slowed down from one half of that, and 3 at once for each object and integration."
        ),
    ),
    hosts=("webservices*.autotask.net",),
    proof="specification",
    writes=WriteWay(
        kind="delta",
        effective="from the beginning of the first period that is not approved and posted, or from a day you choose",
        proration="a day inside a period splits it, and Autotask prorates both parts",
        refuses=(
            "a day in a period that is approved and posted",
            "a service that is no longer on the contract",
            "a contract that is not active",
            "a line for which another change is already planned",
            "parts of a unit",
        ),
    ),
)
