"""Which account on the usage side is which client in the PSA: suggestions, a person's verdicts, and undo."""
