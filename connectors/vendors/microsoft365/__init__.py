"""Microsoft 365, by Microsoft Graph: who holds which licence in each customer's tenant, and what was bought there."""

from connectors.vendors.microsoft365.connector import Microsoft365

__all__ = ["Microsoft365"]
