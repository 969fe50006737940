"""The audit log: what was recorded, who did it, what changed, and whether the chain holds."""
