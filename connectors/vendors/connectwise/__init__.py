"""ConnectWise PSA (formerly Manage): what clients are billed by agreements and additions, read and written."""

from connectors.vendors.connectwise.connector import ConnectWise

__all__ = ["ConnectWise"]
