"""A whole reconciliation from files, by the same engine on a temporary database: what `rcx reconcile` does."""
