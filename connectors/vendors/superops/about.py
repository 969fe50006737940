"""What the SuperOps connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

CLIENTS = "Clients: view"
CATALOGUE = "Service catalog: view"
CONTRACTS = "Contracts: view"
INVOICES = "Invoices: view"
CHANGE = "Contracts: edit"
DIFFERENCE, TOTAL = "difference", "total"

ABOUT = About(
    id="superops",
    name="SuperOps",
    side="psa",
    category="PSA",
    summary="Clients, contracts with the quantity in force, products and services of the catalogue, and invoices.",
    fields=(
        Field(
            name="region",
            label="Data centre",
            help="Where your SuperOps account is kept.",
            choices=(("us", "United States"), ("eu", "Europe")),
            default="us",
        ),
        Field(
            name="subdomain",
            label="Customer subdomain",
            help="Settings > My MSP > MSP Information: the first part of your SuperOps address.",
            pattern=r"[A-Za-z0-9][A-Za-z0-9-]{0,62}",
            wrong="is the first part of your SuperOps address only, such as northbeam",
            placeholder="northbeam",
        ),
        Field(
            name="token",
            label="API token",
            help="Settings > My Profile > API token. A user has one token at a time; a new one ends the old one.",
            is_secret=True,
            pattern=r"\S{16,4000}",
            wrong="has no spaces and at least 16 characters",
        ),
        Field(
            name="currency",
            label="Currency",
            help="The currency you invoice in. SuperOps does not tell it by its API.",
            pattern=r"[A-Z]{3}",
            wrong="is a three-letter code, such as USD",
            placeholder="USD",
        ),
        Field(
            name="stages",
            label="Stages that are clients",
            help="As SuperOps shows them, separated by commas. Clients in other stages (prospects) are left out.",
            is_required=False,
            default="Active",
            pattern=r"[^,\s][^,]*(,[^,]*\S[^,]*)*",
            wrong="is a list of names with commas between them",
        ),
        Field(
            name="quantities",
            label="What a quantity change states",
            help="Open a contract that was increased: does the change show by how much, or the new quantity?",
            is_required=False,
            choices=((DIFFERENCE, "By how much"), (TOTAL, "The new quantity")),
            default=DIFFERENCE,
        ),
    ),
    privileges=(
        Privilege(name=CLIENTS, why="to know the clients and where they are"),
        Privilege(name=CATALOGUE, why="to name what is billed"),
        Privilege(name=CONTRACTS, why="to read contracts and their quantities"),
        Privilege(name=INVOICES, why="to compare with what was invoiced", is_optional=True),
        Privilege(name=CHANGE, why="to change a contract's quantity", is_optional=True, for_writing=True),
    ),
    limits=Limits(
        budgets=(Budget(requests=800, seconds=60, is_shared=True, headroom=0.25),),
        at_once=4,
        is_confirmed=True,
        source="SuperOps's support pages: 800 API requests a minute.",
    ),
    hosts=("api.superops.ai", "euapi.superops.ai"),
    proof="specification",
    writes=WriteWay(
        kind="delta",
        effective="from the contract's next bill date, or from a later day you choose",
        proration="SuperOps prorates a day that lies inside a billing period",
        refuses=(
            "a contract whose quantity SuperOps counts itself",
            "a contract that is inactive or billed once",
            "a day before the next bill date",
            "a contract for which another change is already planned",
            "parts of a unit",
        ),
    ),
)
