"""Syncs that are tried again by themselves: which runs, when, and how often. Asking for them is in `integrations`."""
