"""When a workspace's connections are read by themselves. Reading them is in `domain/sync`, the clock in `jobs/`."""
