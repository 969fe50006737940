"""What the ConnectWise PSA connector declares. Rights are called as in its security roles: module > action: level."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

COMPANIES = "Companies > Company Maintenance: Inquire All"
SETUP = "System > Table Setup: Inquire All"
AGREEMENTS = "Finance > Agreements: Inquire All"
CATALOG = "Procurement > Product Catalog: Inquire All"
INVOICES = "Finance > Invoicing: Inquire All"
PRODUCTS = "Procurement > Products: Inquire All"
EDIT = "Finance > Agreements: Edit All"
ADD = "Finance > Agreements: Add All"

_FIELDS = (
    Field(
        name="server",
        label="Server",
        help="The address where you sign in to ConnectWise PSA, such as na.myconnectwise.net.",
        pattern=r"(?i)(https://)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{2,5})?(/\S*)?",
        wrong="is an address such as na.myconnectwise.net",
        placeholder="na.myconnectwise.net",
    ),
    Field(
        name="company_id",
        label="Company ID",
        help="The company that you enter when you sign in to ConnectWise PSA.",
        pattern=r"[A-Za-z0-9_.-]{1,60}",
        wrong="is the short name from the sign-in page, without spaces",
    ),
    Field(
        name="public_key",
        label="Public key",
        help="System > Members > API Members > the member > API Keys.",
        says_whom=True,
        pattern=r"[A-Za-z0-9]{8,64}",
        wrong="has letters and digits only",
    ),
    Field(
        name="private_key",
        label="Private key",
        help="Shown once, when the API key is saved.",
        is_secret=True,
        pattern=r"[A-Za-z0-9]{8,64}",
        wrong="has letters and digits only",
    ),
    Field(
        name="client_id",
        label="Client ID",
        help="The GUID of your integration, from developer.connectwise.com/ClientID.",
        is_secret=True,
        pattern=r"[0-9A-Za-z]{8}(-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}",
        wrong="has the form 00000000-0000-0000-0000-000000000000",
    ),
    Field(
        name="company_types",
        label="Company types",
        help="Types of the companies that are clients, separated by semicolons. Empty: all but vendors and prospects.",
        is_required=False,
        placeholder="Client; Managed client",
    ),
)

ABOUT = About(
    id="connectwise",
    name="ConnectWise PSA",
    side="psa",
    category="PSA",
    summary="Clients, agreements, their additions and the invoices made of them; quantities can be written back.",
    fields=_FIELDS,
    privileges=(
        Privilege(name=COMPANIES, why="to know your clients"),
        Privilege(
            name=SETUP, why="only where the lists of companies' statuses and types are refused", is_optional=True
        ),
        Privilege(name=AGREEMENTS, why="to read agreements and their additions"),
        Privilege(name=CATALOG, why="to read the catalogue's names and prices", is_optional=True),
        Privilege(name=INVOICES, why="to compare with what was invoiced", is_optional=True),
        Privilege(name=PRODUCTS, why="to read the lines of invoices", is_optional=True),
        Privilege(name=EDIT, why="to change an addition's quantity or end it", is_optional=True, for_writing=True),
        Privilege(name=ADD, why="to begin an addition in mid-period", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=1000, seconds=60),),
        at_once=4,
        is_confirmed=True,
        source="ConnectWise's developer guide: above 1,000 requests a minute calls are likely to be limited (429).",
    ),
    hosts=("*.myconnectwise.net", "*.connectwisedev.com", "*"),
    fixed_addresses=False,
    proof="specification",
    writes=WriteWay(
        kind="absolute",
        effective="on the next invoice; from the day itself where the agreement prorates",
        proration="there the old addition is ended and a new one begun on that day",
        refuses=(
            "an addition or agreement that has ended",
            "a day that is past",
            "a line that was changed since it was reviewed",
            "quantities below 0",
        ),
    ),
)
