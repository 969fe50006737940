"""What people decide on findings, and what becomes of it over runs and periods."""
