"""Where the syncs that the tests make up leave their marks. Apart from `worker`, whose import changes what kinds do."""

PLACES = "TEST_PLACES"
"""Names the folder."""
