"""Tests of the calendar page."""
