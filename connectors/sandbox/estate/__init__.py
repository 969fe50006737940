"""A seeded world of an MSP ("Northbeam IT"): clients, contracts, usage and known drift, and export files written from it."""

from __future__ import annotations

from connectors.sandbox.estate.construct import build
from connectors.sandbox.estate.world import Estate, Planted

__all__ = ["Estate", "Planted", "build"]
