"""What a person changes of a list's look, the same on every list: columns, saved views, the export's link."""
