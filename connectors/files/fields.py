"""The fields a column can feed: kind, label and the header spellings seen in exports; no shape is decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["text", "id", "number", "date", "moment", "truth"]
Side = Literal["psa", "usage", "mapping"]

# Lists and descriptions: as long as they like, for no record is found by them as a whole.
FREE_TEXTS = frozenset(("licences", "emails", "aliases", "address"))

_NOT_A_WORD = re.compile(r"[^0-9a-z]+")


def normal_header(header: str) -> str:
    """Return a header without case, space and punctuation: "Unit Price ($)" and "unit_price" are alike."""
    return _NOT_A_WORD.sub("", header.casefold().replace("#", "number"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a canonical record. `label` is what a person reads; `names` are normalised header spellings."""

    name: str
    kind: FieldKind
    label: str
    names: tuple[str, ...] = ()


def field(name: str, kind: FieldKind, label: str, *spellings: str) -> Field:
    """Build a field; its own name and label count as spellings."""
    names = dict.fromkeys(normal_header(text) for text in (name, label, *spellings))
    return Field(name, kind, label, tuple(names))


_COMMON = (
    field("currency", "text", "Currency", "currency code", "ccy", "iso currency", "pricing currency"),
    field("billing_cycle", "text", "Billing cycle", "billing frequency", "period type", "billing period", "frequency",
          "billing plan", "invoicing cycle", "billing schedule", "bill cycle", "invoice period"),
    field("unit_cost", "number", "Unit cost", "cost", "cost price", "partner cost", "unit cost price", "buy price",
          "our cost", "partner price", "effective unit price"),
    field("quantity", "number", "Quantity", "qty", "units", "unit count", "seats", "licenses", "licences", "count",
          "license count", "licence count", "seat count", "number of licenses", "total quantity", "license quantity"),
)  # fmt: skip

PSA_FIELDS = (
    field("client_id", "id", "Client id", "company id", "customer id", "account id", "organization id", "company recid",
          "client number", "customer number", "company rec id"),
    field("client_name", "text", "Client", "client name", "company", "company name", "customer", "customer name",
          "account", "account name", "organization", "organization name", "organisation", "area", "area name"),
    field("agreement_id", "id", "Agreement id", "contract id", "recurring invoice id", "agreement rec id",
          "recurring invoice number", "contract number", "agr header recid", "invoice id", "template id"),
    field("agreement_name", "text", "Agreement", "agreement name", "contract", "contract name", "recurring invoice",
          "recurring invoice name", "invoice reference", "reference", "agreement reference"),
    field("agreement_starts_on", "date", "Agreement start", "contract start date", "agreement start date",
          "contract start"),
    field("agreement_ends_on", "date", "Agreement end", "contract end date", "agreement end date", "contract end"),
    field("line_id", "id", "Line id", "addition id", "agreement addition id", "contract service id", "addition rec id",
          "contract service unit id", "invoice line id", "recurring invoice line id", "agr detail recid",
          "service line id",
          "line item id", "detail id"),
    field("product_record_id", "id", "Product record id", "service id", "catalog id", "item id", "catalog item id",
          "product rec id"),
    field("product_code", "id", "Product code", "product id", "product identifier", "item code", "sku", "part number",
          "service code", "vendor part number", "manufacturer part number", "catalog item", "identifier",
          "material number",
          "product sku", "stock code"),
    field("product_name", "text", "Product", "product name", "description", "product description", "service name",
          "service",
          "service bundle", "service or bundle name", "item", "item name", "invoice description", "line description",
          "short description", "service/bundle name", "service description"),
    field("included_quantity", "number", "Included quantity", "less included", "included", "included units",
          "free units"),
    field("unit_price", "number", "Unit price", "price", "sell price", "adjusted price", "adjusted unit price", "rate",
          "unit sell", "selling price", "net price", "price per unit", "unit price ex vat"),
    field("effective_date", "date", "Effective date", "effective", "start date", "start", "line start date", "from",
          "service start date", "effective from", "billing start date"),
    field("cancelled_date", "date", "Cancelled date", "cancelled", "canceled", "canceled date", "cancel date",
          "end date",
          "end", "line end date", "to", "service end date", "effective to", "cancellation date", "date cancelled"),
    field("line_status", "text", "Line status", "addition status", "status", "service status", "active"),
    field("is_calculated", "truth", "Calculated by the PSA", "auto quantity", "automatic quantity", "is calculated",
          "calculated quantity", "quantity calculated automatically"),
    *_COMMON,
)  # fmt: skip

_PLACE_FIELDS = (
    field("domain", "text", "Domain", "website", "web site", "web address", "url", "primary domain"),
    field("emails", "text", "E-mail", "emails", "email", "email address", "contact email", "default contact email"),
    field("phone", "text", "Phone", "phone number", "telephone", "main phone"),
    field("address", "text", "Address", "address 1", "address line 1", "street", "street address"),
    field("city", "text", "City", "town"),
    field("region", "text", "Region", "state", "county", "province", "state province"),
    field("postcode", "text", "Postcode", "zip", "zip code", "postal code", "post code"),
    field("country", "text", "Country", "country region"),
    field("aliases", "text", "Other names", "alias", "aliases", "also known as", "trading name", "dba"),
)

CLIENT_FIELDS = (
    field("client_id", "id", "Client id", "id", "company id", "customer id", "account id", "company rec id"),
    field("client_name", "text", "Client", "name", "client name", "company name", "company", "customer name",
          "customer",
          "account name", "organization name"),
    *_PLACE_FIELDS,
)  # fmt: skip

USAGE_FIELDS = (
    field("integration", "text", "Integration", "integration name"),
    field("account_id", "id", "Account id", "tenant id", "customer id", "organization id", "site id", "company id",
          "site uid", "customer tenant id", "microsoft id", "organisation id", "org id", "client id",
          "end customer id"),
    field("account_name", "text", "Account", "account name", "tenant", "tenant name", "customer", "customer name",
          "company", "company name", "organization", "organization name", "organisation", "site", "site name", "client",
          "client name", "end customer", "group name", "org", "org name"),
    field("account_domain", "text", "Account domain", "domain", "primary domain name", "customer domain", "domain name",
          "customer domain name", "default domain"),
    field("seat_id", "id", "Seat id", "id", "object id", "device id", "device uid", "user id", "uid", "asset id",
          "agent id",
          "endpoint id", "system id", "node id", "asset uid"),
    field("subscription_id", "id", "Subscription id", "subscription", "order line id", "vendor subscription id",
          "commerce subscription id", "entitlement id"),
    field("kind", "text", "Kind", "seat kind", "seat type"),
    field("sku", "id", "SKU", "sku id", "product id", "offer id", "product sku", "vendor sku", "part number",
          "product code", "sku part number", "material number", "catalog item id", "product sku id"),
    field("sku_name", "text", "SKU name", "product", "product name", "offer name", "offer", "subscription name",
          "sku title",
          "sku description", "plan", "license", "licence", "friendly name", "subscription friendly name",
          "service plan",
          "license type", "product title"),
    field("identity", "text", "Identity", "user principal name", "upn", "email", "email address", "username",
          "user name",
          "login", "primary email", "mail", "sign in name", "user email"),
    field("display_name", "text", "Display name", "name", "full name", "friendly device name", "device display name",
          "device name", "description"),
    field("hostname", "text", "Host name", "hostname", "system name", "computer name", "device hostname", "device name",
          "dns name", "netbios name", "machine name", "endpoint name", "host"),
    field("serial", "text", "Serial number", "serial", "serial number", "bios serial number", "service tag",
          "system serial number", "bios serial"),
    field("os", "text", "Operating system", "os", "os name", "platform", "os type", "operating system name",
          "os version"),
    field("status", "text", "Status", "state", "device status", "subscription status", "account status", "user status",
          "approval status", "online status", "lifecycle state"),
    field("is_blocked", "truth", "Sign-in blocked", "block credential", "blocked", "account disabled", "is blocked",
          "sign in status", "blocked credential"),
    field("device_class", "text", "Device class", "device type", "type", "class", "node class", "role", "device role",
          "category", "chassis type", "device category"),
    field("licences", "text", "Licences", "licenses", "assigned licenses", "assigned products", "license assignments",
          "product licenses"),
    field("created_at", "moment", "Created", "created at", "when created", "created date", "creation date",
          "created on",
          "date added", "enrolled date", "first seen", "created datetime", "created utc", "added", "audit date added"),
    field("deleted_at", "moment", "Deleted", "deleted at", "soft deletion time stamp", "deleted date", "deletion date",
          "deleted on"),
    field("last_seen_at", "moment", "Last seen", "last seen at", "last contact", "last check in", "last activity",
          "last online",
          "last login", "last sign in", "last sign in date", "last activity date", "last seen utc", "last contacted",
          "last connected", "last updated", "last communication", "last heartbeat", "last callback", "last backup"),
    field("term", "text", "Term", "term duration", "billing term", "commitment term", "commitment", "subscription term",
          "contract term", "term length"),
    field("starts_on", "date", "Start date", "start", "subscription start date", "effective start date", "order date",
          "commitment start date", "term start date", "effective date", "purchase date", "commitment term start date",
          "creation date"),
    field("commitment_ends_on", "date", "Commitment end", "end date", "commitment end date", "term end date",
          "commitment term end date", "renewal date", "expiry date", "expiration date", "subscription end date",
          "end of term", "next renewal date", "expiration"),
    *_COMMON,
)  # fmt: skip

MAPPING_FIELDS = (
    field("integration", "text", "Integration"),
    field("account_id", "id", "Account id"),
    field("client_id", "id", "Client id"),
)


def _also(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {item.name: item for item in fields}


PSA = _also(PSA_FIELDS)
CLIENT = _also(CLIENT_FIELDS)
USAGE = _also(USAGE_FIELDS)
MAPPING = _also(MAPPING_FIELDS)
