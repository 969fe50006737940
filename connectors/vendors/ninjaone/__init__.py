"""NinjaOne, by its Public API 2.0: organizations, their devices, and what they back up."""

from connectors.vendors.ninjaone.connector import NinjaOne

__all__ = ["NinjaOne"]
