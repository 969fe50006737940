"""HaloPSA, by its REST API: what each client is billed by recurring invoices, and a careful way to change it."""

from connectors.vendors.halopsa.connector import HaloPsa

__all__ = ["HaloPsa"]
