"""One client: what is billed line by line beside what is counted, its seats and its integrations."""
