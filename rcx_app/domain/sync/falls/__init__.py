"""The trust gate: counts that fell too far in one sync are held back until a person confirms them or they recover."""
