"""The first page: the five numbers, where the money is, and what to do next."""
