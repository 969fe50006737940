"""A seeded world of an MSP ("Northbeam IT"): clients, contracts, usage and known drift, and files written from it."""

from __future__ import annotations

from connectors.sandbox.estate.catalogue import RULES, Rule
from connectors.sandbox.estate.construct import build
from connectors.sandbox.estate.exports import write_files, write_tenant_users
from connectors.sandbox.estate.rcx_files import write_rcx_files
from connectors.sandbox.estate.seats import all_seats
from connectors.sandbox.estate.tables import WrittenFile
from connectors.sandbox.estate.world import Account, Client, Estate, Line, Planted

__all__ = [
    "RULES",
    "Account",
    "Client",
    "Estate",
    "Line",
    "Planted",
    "Rule",
    "WrittenFile",
    "all_seats",
    "build",
    "write_files",
    "write_rcx_files",
    "write_tenant_users",
]
