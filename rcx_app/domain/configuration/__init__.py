"""Everything that can be set up, in one list: accounts and services of all integrations, and where each stands."""
