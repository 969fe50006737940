"""N-able Cove Data Protection, by its JSON-RPC API: customers, and the devices it backs up."""

from connectors.vendors.cove.connector import Cove

__all__ = ["Cove"]
