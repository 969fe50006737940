"""Tickets as agents see them: the queue of all workspaces, one ticket with its notes, and the reply templates."""
