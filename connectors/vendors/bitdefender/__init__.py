"""Bitdefender GravityZone, by its JSON-RPC API: companies, their endpoints, and the usage of a month."""

from connectors.vendors.bitdefender.connector import Bitdefender

__all__ = ["Bitdefender"]
