"""How the estate lives on: what happens at clients, vendors and the PSA from one day to the next."""

from __future__ import annotations

from connectors.sandbox.estate.living.advance import advance

__all__ = ["advance"]
