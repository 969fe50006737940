"""What people are told: notices made from the trail of deeds, a digest by mail, and how each wants it."""
