"""Matching of products: vendor SKUs in use against products that the PSA bills. Organisations are outside."""
