"""What screens read of a reconciliation: totals, tables, one client, one finding, and the seats behind a number."""
