"""Automatic syncs on the integrations page: the line that says when, and the dialog to change it."""
