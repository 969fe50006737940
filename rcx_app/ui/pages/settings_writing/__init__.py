"""Settings, Writing: whether RCX writes into each PSA and as whom, and how changes are approved."""
