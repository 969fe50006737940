"""The machine's part of mapping: what it is given, what it is asked, and what is kept of its answers."""
