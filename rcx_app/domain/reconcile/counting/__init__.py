"""Counting what rules take: planned into few passes over the seats, each read by index where one covers it."""
