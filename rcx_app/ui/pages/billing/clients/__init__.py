"""The client table: one row a client, with its findings and its money a month."""
