"""Billing & invoices: findings by client, by service and as a queue, one client's page, and a finding's panel."""
