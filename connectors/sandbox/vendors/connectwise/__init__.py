"""ConnectWise PSA over the estate."""

from connectors.sandbox.vendors.connectwise.server import ConnectWiseServer

__all__ = ["ConnectWiseServer"]
