"""Support: tickets between people and agents, with files and mails, and answers to common questions."""
