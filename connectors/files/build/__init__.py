"""Builders: parsed values of one row in, canonical records out; one module a family of shapes."""
