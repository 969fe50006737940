"""SuperOps's GraphQL API over the estate."""

from connectors.sandbox.vendors.superops.server import SuperOpsServer

__all__ = ["SuperOpsServer"]
