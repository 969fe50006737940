"""Autotask PSA, by its REST API: companies, recurring service contracts with their units, and what was invoiced."""

from connectors.vendors.autotask.connector import Autotask

__all__ = ["Autotask"]
