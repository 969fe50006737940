"""Change sets: what is about to be written into the PSAs, what was, and what came of it."""
