"""Booking, by the people of a workspace: the onboarding session, and meetings with support."""
