"""Connections to the systems of a workspace, and the files that are imported into them."""
