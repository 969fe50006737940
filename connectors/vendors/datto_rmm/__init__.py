"""Datto RMM, by its API v2: sites and their devices."""

from connectors.vendors.datto_rmm.connector import DattoRmm

__all__ = ["DattoRmm"]
