"""HaloPSA's API over the estate."""

from connectors.sandbox.vendors.halopsa.server import HaloServer

__all__ = ["HaloServer"]
