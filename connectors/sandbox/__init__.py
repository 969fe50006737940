"""The sandbox: a seeded world of an MSP, and (over it) servers and files that look like the vendors' own."""
