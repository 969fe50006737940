"""What RCX itself costs a workspace: plans, subscription, invoices, and their way to the accounting system."""
