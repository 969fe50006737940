"""Onboarding sessions and meetings: agents' calendars, free slots, bookings, and the mails about them."""
