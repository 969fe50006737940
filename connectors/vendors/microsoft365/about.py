"""What the Microsoft 365 connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

DIRECTORY = "Directory.Read.All"
DELEGATED = "DelegatedAdminRelationship.Read.All"
SIGN_INS = "AuditLog.Read.All"
GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
CUSTOMERS, SINGLE = "customers", "single"

ABOUT = About(
    id="microsoft365",
    name="Microsoft 365",
    side="usage",
    category="User directory",
    summary="Users and their licences in every customer's tenant, and the licences bought there.",
    fields=(
        Field(
            name="reach",
            label="Which tenants",
            help="All customers under delegated administration (GDAP), or one tenant that is not under it.",
            choices=((CUSTOMERS, "All customers (GDAP)"), (SINGLE, "One tenant only")),
            default=CUSTOMERS,
        ),
        Field(
            name="tenant_id",
            label="Directory (tenant) ID",
            help="Of your own (partner) tenant, or of the one tenant to read: Entra admin centre > Overview.",
            pattern=GUID,
            wrong="is a GUID such as 0f8c7d52-6a5e-4d3c-9a41-2b7e5d1c9f60",
        ),
        Field(
            name="client_id",
            label="Application (client) ID",
            help="Entra admin centre > App registrations > your registration for RCX > Overview.",
            pattern=GUID,
            wrong="is a GUID such as 0f8c7d52-6a5e-4d3c-9a41-2b7e5d1c9f60",
        ),
        Field(
            name="client_secret",
            label="Client secret value",
            help="App registrations > Certificates & secrets: the value (not the secret ID), shown once.",
            is_secret=True,
            pattern=r"\S{16,500}",
            wrong="has no spaces and at least 16 characters",
        ),
        Field(
            name="left_out",
            label="Tenants to leave out",
            help="Tenant IDs of customers that are not to be read, separated by spaces or commas.",
            is_required=False,
            pattern=rf"{GUID}([\s,;]+{GUID})*[\s,;]*",
            wrong="is a list of tenant IDs (GUIDs)",
        ),
    ),
    privileges=(
        Privilege(name=DIRECTORY, why="to read customers, tenants, users, their licences and what was bought"),
        Privilege(name=DELEGATED, why="to know which customers are under delegated administration, and until when"),
        Privilege(name=SIGN_INS, why="to know who has not signed in for long", is_optional=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=600, seconds=10),),
        at_once=4,
        source="Microsoft answers 429 with Retry-After; its limits are per tenant and weighted by request. Four at "
        "once and 600 in ten seconds are our caution.",
    ),
    hosts=("graph.microsoft.com", "login.microsoftonline.com"),
    proof="specification",
)
