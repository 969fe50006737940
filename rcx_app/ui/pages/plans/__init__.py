"""The pages on which platform admins keep plans, subscriptions and the issuer of invoices."""
