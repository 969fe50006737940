"""SentinelOne, by its management API: sites, and the agents in them."""

from connectors.vendors.sentinelone.connector import SentinelOne

__all__ = ["SentinelOne"]
