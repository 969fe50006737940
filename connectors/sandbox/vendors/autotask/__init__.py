"""Autotask's REST API over the estate."""

from connectors.sandbox.vendors.autotask.server import AutotaskServer

__all__ = ["AutotaskServer"]
