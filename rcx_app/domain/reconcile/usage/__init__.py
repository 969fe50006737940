"""Reaching the seats that a run looks at."""
