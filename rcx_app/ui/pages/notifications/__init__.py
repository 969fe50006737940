"""What is new for a person: the bell of the top bar, the list of all of it, and how he wants to be told."""
