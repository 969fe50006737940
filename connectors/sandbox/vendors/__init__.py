"""One vendor's API a file, spoken over the estate; `connectors.sandbox.server.sandbox` lists them."""
