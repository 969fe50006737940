"""What the Kaseya BMS connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

ACCOUNTS = "CRM > Accounts: View"
CONTRACTS = "Finance > Contracts: View"
INVOICES = "Finance > Invoices: View"

ABOUT = About(
    id="kaseya_bms",
    name="Kaseya BMS",
    side="psa",
    category="PSA",
    summary="Accounts, contracts and invoices; billed lines are inferred from the invoices of the last 13 months.",
    fields=(
        Field(
            name="host",
            label="Region",
            help="The region in the address of your BMS. Vorex accounts sign in at vorexlogin.com.",
            choices=(
                ("api.bms.kaseya.com", "Americas (bms.kaseya.com)"),
                ("api.bmsemea.kaseya.com", "EMEA (bmsemea.kaseya.com)"),
                ("api.bmsapac.kaseya.com", "APAC (bmsapac.kaseya.com)"),
                ("api.vorexlogin.com", "Vorex (vorexlogin.com)"),
            ),
            default="api.bms.kaseya.com",
        ),
        Field(
            name="tenant",
            label="Company",
            help="The company name as it is entered when signing in to BMS.",
            pattern=r"[^\r\n\t]{1,200}",
            wrong="is one line of at most 200 characters",
        ),
        Field(
            name="user_name",
            label="User name",
            help="A user made for RCX: Admin > HR > Employees, with API access and without multi-factor sign-in.",
            pattern=r"[^\s]{1,200}",
            wrong="has no spaces",
        ),
        Field(
            name="password",
            label="Password",
            help="The password of that user.",
            is_secret=True,
            pattern=r"[^\r\n\t]{4,500}",
            wrong="is one line of at least 4 characters",
        ),
    ),
    privileges=(
        Privilege(name=ACCOUNTS, why="to know who is billed"),
        Privilege(name=CONTRACTS, why="to know by which contract, and until when"),
        Privilege(name=INVOICES, why="to read what was billed, which is where lines are inferred from"),
    ),
    limits=Limits(
        budgets=(Budget(requests=1500, seconds=3600, is_shared=True),),
        at_once=2,
        is_confirmed=True,
        source="Kaseya's documentation: 1,500 requests an hour and endpoint; RCX keeps to it for all together.",
    ),
    hosts=("api.bms.kaseya.com", "api.bmsemea.kaseya.com", "api.bmsapac.kaseya.com", "api.vorexlogin.com"),
    proof="specification",
    writes=WriteWay(
        kind="none",
        refuses=("every quantity",),
        why_not=(
            "Kaseya BMS has no call that lists or changes the services of a recurring contract: a quantity can only "
            "be changed in BMS itself."
        ),
    ),
    fixed_addresses=False,
)
