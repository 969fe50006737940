"""Acronis Cyber Protect Cloud, by its Account Management API: customers, and what each of them used."""

from connectors.vendors.acronis.connector import Acronis

__all__ = ["Acronis"]
