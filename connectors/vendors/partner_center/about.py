"""What the Partner Center connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay
from connectors.vendors.microsoft365.about import GUID

CUSTOMERS = "Admin agent"
BILLING = "Billing admin"
CHANGE = "Sales agent"

ABOUT = About(
    id="partner_center",
    name="Partner Center",
    side="usage",
    category="Distributor",
    summary="Microsoft subscriptions bought for each customer, with term and commitment, and Microsoft's charges.",
    fields=(
        Field(
            name="tenant_id",
            label="Directory (tenant) ID",
            help="Of your partner tenant: Entra admin centre > Overview; also Partner Center > Account settings.",
            pattern=GUID,
            wrong="is a GUID such as 0f8c7d52-6a5e-4d3c-9a41-2b7e5d1c9f60",
        ),
        Field(
            name="client_id",
            label="Application (client) ID",
            help="Partner Center > Account settings > App management: the web app registered for RCX.",
            pattern=GUID,
            wrong="is a GUID such as 0f8c7d52-6a5e-4d3c-9a41-2b7e5d1c9f60",
        ),
        Field(
            name="client_secret",
            label="Client secret value",
            help="Shown once when a key is added to the web app (or Entra: Certificates & secrets, the value).",
            is_secret=True,
            pattern=r"\S{16,500}",
            wrong="has no spaces and at least 16 characters",
        ),
    ),
    privileges=(
        Privilege(name=CUSTOMERS, why="to read customers and their subscriptions"),
        Privilege(name=BILLING, why="to read invoices and their lines", is_optional=True),
        Privilege(name=CHANGE, why="to change a subscription's quantity", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=500, seconds=60),),
        at_once=4,
        source="Microsoft names 500 requests a minute and tenant for subscriptions, and answers 429 with Retry-After.",
    ),
    hosts=("api.partnercenter.microsoft.com", "login.microsoftonline.com"),
    proof="examples",
    writes=WriteWay(
        kind="absolute",
        effective="at once",
        proration="Microsoft prorates the rest of the running period by day",
        refuses=(
            "a reduction of new-commerce seats after the seven days in which they can be returned",
            "a subscription that is not active, or is billed by usage",
        ),
    ),
)
