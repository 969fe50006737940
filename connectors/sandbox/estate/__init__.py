"""A seeded world of an MSP ("Northbeam IT"): clients, contracts, usage and known drift, that lives on day by day, and
views on it: export files, issued invoices, distributors' charges, and what a reconciliation must find."""

from __future__ import annotations

from connectors.sandbox.estate.catalogue import RULES, Rule
from connectors.sandbox.estate.charges import InvoicedCharge, charges
from connectors.sandbox.estate.construct import build
from connectors.sandbox.estate.expected import expected
from connectors.sandbox.estate.exports import write_files, write_tenant_users
from connectors.sandbox.estate.index import Index
from connectors.sandbox.estate.invoices import InvoiceLine, IssuedInvoice, invoices
from connectors.sandbox.estate.living import advance
from connectors.sandbox.estate.rcx_files import write_rcx_files
from connectors.sandbox.estate.seats import all_seats
from connectors.sandbox.estate.tables import WrittenFile
from connectors.sandbox.estate.town import Town
from connectors.sandbox.estate.world import Account, Client, Estate, Gone, Line, Planted

__all__ = [
    "RULES",
    "Account",
    "Client",
    "Estate",
    "Gone",
    "Index",
    "InvoiceLine",
    "InvoicedCharge",
    "IssuedInvoice",
    "Line",
    "Planted",
    "Rule",
    "Town",
    "WrittenFile",
    "advance",
    "all_seats",
    "build",
    "charges",
    "expected",
    "invoices",
    "write_files",
    "write_rcx_files",
    "write_tenant_users",
]
