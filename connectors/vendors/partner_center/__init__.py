"""Microsoft Partner Center: what was bought for each customer, until when it is committed, and what was charged."""

from connectors.vendors.partner_center.connector import PartnerCenter

__all__ = ["PartnerCenter"]
