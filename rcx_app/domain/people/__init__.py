"""The team of a workspace: who is in it, in which role, how people come in and go, and what it asks of them."""
