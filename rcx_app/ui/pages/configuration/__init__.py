"""Advanced configuration: all accounts and services over all integrations as one table."""
