"""Flags: context beside the findings, never a verdict. `lines` flags PSA lines, `seats` flags units of usage."""
