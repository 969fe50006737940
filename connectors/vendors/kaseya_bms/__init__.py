"""Kaseya BMS, by its API 2.0: accounts, contracts and invoices. What a contract bills is inferred from its invoices."""

from connectors.vendors.kaseya_bms.connector import KaseyaBms

__all__ = ["KaseyaBms"]
