"""Background jobs as the product sees them: asking for one, watching it, cancelling it. How one runs is in `jobs/`."""
