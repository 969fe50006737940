"""How people look at lists: views they saved, columns they chose, and what a workspace shows amounts and lines in."""
