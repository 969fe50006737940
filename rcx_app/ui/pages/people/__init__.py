"""Settings: the team (people), the workspace itself, and what it asks of its people (security)."""
