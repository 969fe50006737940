"""What the HaloPSA connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

CUSTOMERS = "read:customers"
ITEMS = "read:items"
INVOICES = "read:invoices"
EDIT = "edit:invoices"

ABOUT = About(
    id="halopsa",
    name="HaloPSA",
    side="psa",
    category="PSA",
    summary="Customers, items, recurring invoices with their lines, and issued invoices; quantities can be written.",
    fields=(
        Field(
            name="host",
            label="Halo address",
            help="Configuration > Integrations > HaloPSA API shows it as Resource Server, such as acme.halopsa.com.",
            pattern=r"(https://)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(/api|/auth)?/?",
            wrong="is a host such as acme.halopsa.com",
            placeholder="acme.halopsa.com",
        ),
        Field(
            name="tenant",
            label="Tenant",
            help="Shown beside the Resource Server. Leave it empty where Halo shows none (self-hosted).",
            is_required=False,
            pattern=r"[A-Za-z0-9._-]{1,100}",
            wrong="has letters, digits and . _ - only",
        ),
        Field(
            name="client_id",
            label="Client ID",
            help="Configuration > Integrations > HaloPSA API > View Applications > the application made for RCX.",
            says_whom=True,
            pattern=r"[A-Za-z0-9._~-]{8,200}",
            wrong="has letters, digits and . _ ~ - only",
        ),
        Field(
            name="client_secret",
            label="Client secret",
            help="Shown once when the application is made; a new one can be made there.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
    ),
    privileges=(
        Privilege(name=CUSTOMERS, why="to know who is billed, and where"),
        Privilege(name=ITEMS, why="to know what is billed"),
        Privilege(name=INVOICES, why="to read recurring invoices with their lines, and issued invoices"),
        Privilege(name=EDIT, why="to change a line's quantity", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=500, seconds=300, is_shared=True),),
        at_once=4,
        source="Halo declares 429 but no number; 500 in five minutes is our caution.",
    ),
    # Halo is also hosted by its customers, under any name.
    hosts=("*",),
    proof="specification",
    writes=WriteWay(
        kind="absolute",
        effective="with the next invoice that Halo creates from the recurring invoice",
        proration="Halo adds pro rata rows where the line is set up for them; RCX adds none",
        refuses=(
            "a line whose quantity Halo calculates or meters",
            "an inactive or ended line, and one of a disabled recurring invoice",
            "a recurring invoice that waits for approval",
            "a date after the next invoice",
            "a line that was changed since it was reviewed",
        ),
    ),
    fixed_addresses=False,
)
