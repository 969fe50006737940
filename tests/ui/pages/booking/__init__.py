"""Tests of the booking pages."""
