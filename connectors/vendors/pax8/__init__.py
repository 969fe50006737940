"""Pax8, by its Partner API: what was bought from the distributor, for whom, and what it charged."""

from connectors.vendors.pax8.connector import Pax8

__all__ = ["Pax8"]
