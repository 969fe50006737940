"""The agents' calendar: the week with what is booked, the hours, the days that differ."""
