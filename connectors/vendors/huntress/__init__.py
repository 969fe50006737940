"""Huntress, by its API: organizations, agents, billable identities and invoices; for one account or a reseller's."""

from connectors.vendors.huntress.connector import Huntress

__all__ = ["Huntress"]
