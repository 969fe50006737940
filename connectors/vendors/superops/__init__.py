"""SuperOps, by its GraphQL API: clients, contracts with their quantity changes, catalogue items and invoices."""

from connectors.vendors.superops.connector import SuperOps

__all__ = ["SuperOps"]
