"""The review queue: a flat list of findings, filtered and sorted by its address."""
