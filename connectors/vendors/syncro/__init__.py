"""Syncro: what clients are billed by recurring invoices, and writing quantities of their lines."""

from connectors.vendors.syncro.connector import Syncro

__all__ = ["Syncro"]
