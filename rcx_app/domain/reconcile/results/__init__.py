"""What a run leaves behind: findings, flags, totals of clients and the run itself, written only where they changed."""
