"""What the Pax8 connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

COMPANIES = "Companies: read"
SUBSCRIPTIONS = "Subscriptions: read"
PRODUCTS = "Products: read"
INVOICES = "Invoices: read"
CHANGE = "Subscriptions: update"

ABOUT = About(
    id="pax8",
    name="Pax8",
    side="usage",
    category="Distributor",
    summary="Subscriptions bought for each client, with quantity, cost, term and commitment, and invoiced charges.",
    fields=(
        Field(
            name="client_id",
            label="Client ID",
            help="Pax8 > Integrations > Integrations Hub > API credentials.",
            pattern=r"[A-Za-z0-9._~-]{8,200}",
            wrong="has letters, digits and . _ ~ - only",
        ),
        Field(
            name="client_secret",
            label="Client secret",
            help="Shown once when the credential is made.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
    ),
    privileges=(
        Privilege(name=COMPANIES, why="to know for whom something was bought"),
        Privilege(name=SUBSCRIPTIONS, why="to read what was bought and until when it is committed"),
        Privilege(name=PRODUCTS, why="to name what was bought"),
        Privilege(name=INVOICES, why="to compare cost with price", is_optional=True),
        Privilege(name=CHANGE, why="to change a subscription's quantity", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=1000, seconds=60),),
        at_once=4,
        source="Pax8 documents 429 but no number; 1,000 a minute is our caution.",
    ),
    hosts=("api.pax8.com",),
    proof="specification",
    writes=WriteWay(
        kind="absolute",
        effective="at once",
        proration="Pax8 prorates by its product's rules",
        refuses=("a reduction before the commitment ends", "a subscription that is not active"),
    ),
)
