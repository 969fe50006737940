"""The sandbox's HTTP side: one server that answers for every vendor's hosts, with faults on demand."""
