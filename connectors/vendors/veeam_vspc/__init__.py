"""Veeam Service Provider Console, by its REST API 3: companies, protected workloads, and usage counters."""

from connectors.vendors.veeam_vspc.connector import VeeamVspc

__all__ = ["VeeamVspc"]
