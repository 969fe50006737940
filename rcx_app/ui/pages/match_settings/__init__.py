"""The match settings: how good the matching is, its thresholds with what they do, its models, auto-confirm."""
