"""Counts that are held back because they fell too far at once: what the integrations page shows of them."""
