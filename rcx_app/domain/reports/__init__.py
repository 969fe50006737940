"""What became of the money over months: out of line, recovered, by service and client, and margins. Reads only."""
