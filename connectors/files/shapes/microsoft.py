"""Microsoft: users of the 365 admin centre, and subscriptions of Partner Center.

The users export has no tenant column: the account is given for the file (`account_from` "constant") or is the domain
of the user principal name.
"""

from __future__ import annotations

from connectors.files.build.subscriptions import SUBSCRIPTION_FIELDS, SubscriptionBuilder
from connectors.files.build.users import UserBuilder
from connectors.files.fields import USAGE
from connectors.files.profile import Options
from connectors.files.shapes.shape import Shape

_USER_FIELDS = (
    "integration", "account_id", "account_name", "account_domain", "seat_id", "identity", "display_name", "licences",
    "is_blocked", "status", "created_at", "deleted_at", "last_seen_at",
)  # fmt: skip

M365_USERS = Shape(
    id="m365_users",
    title="Microsoft 365 admin centre users",
    side="usage",
    fields={name: USAGE[name] for name in _USER_FIELDS},
    builder=UserBuilder,
    required=(("identity",), ("licences",), ("account_name", "account_id")),
    signature=(
        ("User principal name", "UserPrincipalName", "Username"),
        ("Licenses", "Assigned products", "Assigned licenses"),
        ("Display name",),
        ("Block credential", "Object Id", "Sign-in status", "When created", "Usage location"),
        ("First name", "Last name", "Department", "Proxy addresses", "Password never expires"),
    ),
    spellings={
        "identity": ("User principal name", "Username", "Sign-in name"),
        "seat_id": ("Object Id", "User Id"),
        "licences": ("Licenses", "Assigned licenses", "Assigned products"),
        "display_name": ("Display name",),
        "is_blocked": ("Block credential", "Sign-in blocked"),
        "created_at": ("When created", "Created date time"),
        "deleted_at": ("Soft deletion time stamp",),
        "account_name": ("Tenant", "Tenant name", "Company name", "Customer"),
        "account_id": ("Tenant ID", "Customer ID"),
        "account_domain": ("Default domain", "Tenant domain"),
        "status": ("Account status",),
    },
    options=Options(account_from="upn_domain", integration="Microsoft 365"),
)

PARTNER_CENTER = Shape(
    id="partner_center_subscriptions",
    title="Partner Center subscriptions",
    side="usage",
    fields={name: USAGE[name] for name in SUBSCRIPTION_FIELDS},
    builder=SubscriptionBuilder,
    required=(("account_name", "account_id"), ("sku_name", "sku"), ("quantity",)),
    signature=(
        ("Subscription ID", "SubscriptionId", "Commerce subscription ID"),
        ("Customer name", "Customer", "CustomerName", "Company name"),
        ("Customer tenant ID", "Customer ID", "CustomerId", "Microsoft ID", "Tenant ID", "Customer domain"),
        ("Offer name", "Offer", "Product name", "SKU title", "Subscription name", "Subscription", "Friendly name"),
        ("Quantity", "Licenses", "Seats", "License count"),
        ("Auto renew", "Auto-renew", "AutoRenewEnabled", "Term duration", "Term", "Billing plan", "Commitment end date",
         "Term end date", "Offer ID", "Scheduled changes"),
    ),
    spellings={
        "account_name": ("Customer name", "Customer", "Company name"),
        "account_id": ("Customer tenant ID", "Customer ID", "Microsoft ID", "Tenant ID"),
        "account_domain": ("Customer domain", "Primary domain name", "Domain name"),
        "subscription_id": ("Subscription ID", "Commerce subscription ID"),
        "sku": ("SKU ID", "Offer ID", "Product ID", "Product SKU ID"),
        "sku_name": ("Offer name", "SKU title", "Product name", "Offer", "Subscription name", "Friendly name",
                     "Subscription"),
        "display_name": ("Friendly name", "Subscription nickname", "Nickname"),
        "quantity": ("Quantity", "Licenses", "Seats", "License count"),
        "status": ("Status", "Subscription status", "State"),
        "term": ("Term duration", "Term", "Commitment term"),
        "billing_cycle": ("Billing plan", "Billing frequency", "Billing cycle"),
        "starts_on": ("Effective start date", "Start date", "Term start date", "Order date", "Creation date"),
        "commitment_ends_on": ("Commitment end date", "Term end date", "End date", "Renewal date"),
    },
    options=Options(integration="Partner Center"),
)  # fmt: skip
