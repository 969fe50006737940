"""Pax8: the subscriptions export of the marketplace, one row a subscription of a company."""

from __future__ import annotations

from connectors.files.build.subscriptions import SUBSCRIPTION_FIELDS, SubscriptionBuilder
from connectors.files.fields import USAGE
from connectors.files.profile import Options
from connectors.files.shapes.shape import Shape

PAX8 = Shape(
    id="pax8_subscriptions",
    title="Pax8 subscriptions",
    side="usage",
    fields={name: USAGE[name] for name in SUBSCRIPTION_FIELDS},
    builder=SubscriptionBuilder,
    required=(("account_name", "account_id"), ("sku_name", "sku"), ("quantity",)),
    signature=(
        ("Billing Term", "Commitment Term", "Commitment", "Billing Frequency"),
        ("Company", "Company Name", "Client"),
        ("Product", "Product Name"),
        ("Vendor", "Vendor Name"),
        ("Quantity", "Qty"),
        ("Partner Cost", "Partner Price", "Partner Total", "Price", "Unit Cost", "Cost", "MSRP",
         "Suggested Retail Price"),
        ("Start Date", "Billing Start", "Billing Start Date", "Created Date", "Commitment Term End Date",
         "Commitment End Date", "End Date"),
    ),
    spellings={
        "account_name": ("Company", "Company Name", "Client"),
        "account_id": ("Company ID", "Client ID"),
        "subscription_id": ("Subscription ID", "ID", "Subscription"),
        "sku": ("Vendor SKU", "SKU", "Product SKU", "Product ID"),
        "sku_name": ("Product", "Product Name"),
        "quantity": ("Quantity", "Qty"),
        "unit_cost": ("Partner Cost", "Partner Price", "Unit Cost", "Cost"),
        "status": ("Status", "Subscription Status"),
        "term": ("Commitment Term", "Commitment"),
        "billing_cycle": ("Billing Term", "Billing Frequency"),
        "starts_on": ("Start Date", "Billing Start Date", "Billing Start"),
        "created_at": ("Created Date",),
        "commitment_ends_on": ("Commitment Term End Date", "Commitment End Date", "End Date", "Renewal Date"),
        "currency": ("Currency", "Currency Code"),
    },
    options=Options(integration="Pax8"),
)  # fmt: skip
