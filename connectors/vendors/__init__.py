"""One class a vendor, each in a file or folder of its name; `connectors.registry` lists them."""
