"""Sophos Central, by its Partner and Endpoint APIs: tenants, their endpoints, and what Sophos bills for them."""

from connectors.vendors.sophos.connector import Sophos

__all__ = ["Sophos"]
