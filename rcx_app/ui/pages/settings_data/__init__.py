"""Settings, Data: what a workspace chooses about its data, and the rates that amounts are shown with."""
