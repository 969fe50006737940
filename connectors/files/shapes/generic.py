"""Shapes for exports nobody has described: the user maps the columns, general header spellings help."""

from __future__ import annotations

from connectors.files.build.base import Builder, Context
from connectors.files.build.clients import ClientBuilder
from connectors.files.build.devices import DeviceBuilder
from connectors.files.build.lines import LineBuilder
from connectors.files.build.seats import SeatBuilder
from connectors.files.build.subscriptions import SubscriptionBuilder
from connectors.files.build.users import UserBuilder
from connectors.files.fields import CLIENT, PSA, USAGE
from connectors.files.shapes.shape import Shape


def usage_builder(context: Context) -> Builder:
    """Choose the family by the fields that are mapped: licence lists, subscriptions, devices, else plain seats."""
    mapped = context.headers
    if "licences" in mapped and "identity" in mapped:
        return UserBuilder(context)
    if "quantity" in mapped and ("subscription_id" in mapped or "term" in mapped or "commitment_ends_on" in mapped):
        return SubscriptionBuilder(context)
    is_device = any(name in mapped for name in ("hostname", "serial", "os", "device_class"))
    if context.options.kind == "device" or (is_device and "identity" not in mapped and "kind" not in mapped):
        return DeviceBuilder(context)
    return SeatBuilder(context)


GENERIC_LINES = Shape(
    id="generic_lines",
    title="Other PSA export (lines)",
    side="psa",
    fields=PSA,
    builder=LineBuilder,
    required=(("client_name", "client_id"), ("product_name", "product_code"), ("quantity",)),
    is_generic=True,
)

GENERIC_CLIENTS = Shape(
    id="generic_clients",
    title="Other PSA export (clients)",
    side="psa",
    fields=CLIENT,
    builder=ClientBuilder,
    required=(("client_name",),),
    is_generic=True,
)

GENERIC_USAGE = Shape(
    id="generic_usage",
    title="Other vendor export",
    side="usage",
    fields=USAGE,
    builder=usage_builder,
    required=(
        ("account_name", "account_id"),
        ("seat_id", "identity", "hostname", "serial", "display_name", "sku", "sku_name", "quantity"),
    ),
    is_generic=True,
)
