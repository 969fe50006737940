"""The one HTTP client of all connectors: time-outs, retries, budgets, address guard, redaction, failures, paging."""
