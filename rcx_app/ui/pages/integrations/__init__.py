"""The integrations page: connections with their health, files on their way in, and the import of one file."""
