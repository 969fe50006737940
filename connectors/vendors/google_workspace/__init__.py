"""Google Workspace, by the Reseller, Licensing and Directory APIs: customers, purchases, users and licences."""

from connectors.vendors.google_workspace.connector import GoogleWorkspace

__all__ = ["GoogleWorkspace"]
