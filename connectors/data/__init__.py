"""Facts that vendors publish as files and connectors look up; each beside the module that reads and rebuilds it."""
