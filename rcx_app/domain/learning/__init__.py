"""What a workspace's verdicts teach its matching: labels, models made of them, and which of them is in use."""
