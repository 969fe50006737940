"""The mapping queue as pages read it: tabs, bands, keyset pages."""
