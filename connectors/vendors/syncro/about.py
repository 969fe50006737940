"""What the Syncro connector declares. Rights are called as in the permissions of its API tokens."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

CUSTOMERS = "Customers - List/Search"
PRODUCTS = "Products - List/Search"
SCHEDULES = "Recurring Invoices - List"
EDIT = "Recurring Invoices - Edit"

ABOUT = About(
    id="syncro",
    name="Syncro",
    side="psa",
    category="PSA",
    summary="Customers, products and recurring invoices with their lines; quantities can be written back.",
    fields=(
        Field(
            name="subdomain",
            label="Subdomain",
            help="The first part of the address where you use Syncro: northbeam for northbeam.syncromsp.com.",
            pattern=r"(?i)(https://)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.syncromsp\.com)?/?",
            wrong="is a name such as northbeam, or northbeam.syncromsp.com",
            placeholder="northbeam",
        ),
        Field(
            name="api_token",
            label="API token",
            help="Admin > API Tokens > New Token > Custom Permissions; shown once.",
            is_secret=True,
            pattern=r"[A-Za-z0-9._-]{16,200}",
            wrong="has no spaces and at least 16 characters",
        ),
    ),
    privileges=(
        Privilege(name=CUSTOMERS, why="to know your clients"),
        Privilege(name=SCHEDULES, why="to read recurring invoices and their lines"),
        Privilege(name=PRODUCTS, why="to read the products' prices", is_optional=True),
        Privilege(name=EDIT, why="to change a line's quantity", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=180, seconds=60, is_shared=True),),
        at_once=2,
        is_confirmed=True,
        source="Syncro's API description: 180 requests a minute for each address they come from.",
    ),
    hosts=("*.syncromsp.com",),
    proof="specification",
    writes=WriteWay(
        kind="absolute",
        effective="when the recurring invoice is next made",
        proration="lines have no dates, and Syncro does not prorate",
        refuses=(
            "a line whose quantity Syncro counts itself",
            "a line of a paused recurring invoice",
            "a charge that is billed once",
            "a day after the next invoice, or one that is past",
        ),
    ),
)
