"""How a workspace's matching is set: what verdicts say of the model, its thresholds, what others would do."""
