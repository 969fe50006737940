"""Findings gathered under the service they are about, over all clients and agreements."""
