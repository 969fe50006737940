"""Support as people of a workspace see it: tickets, a ticket's thread, the form of a new one, common questions."""
