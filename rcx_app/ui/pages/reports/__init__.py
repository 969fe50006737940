"""Reports: what became of the money over months, by service and client, margins, and how the integrations did."""
