"""RCX's own formats: columns called exactly like their fields, ISO dates, decimal points."""

from __future__ import annotations

from connectors.files.build.clients import ClientBuilder
from connectors.files.build.lines import LineBuilder
from connectors.files.build.mapping import MappingBuilder
from connectors.files.build.seats import SeatBuilder
from connectors.files.fields import MAPPING, PSA, USAGE, Field, field
from connectors.files.profile import Options
from connectors.files.shapes.shape import Shape

_LINE_NAMES = (
    "client_id", "client_name", "agreement_id", "agreement_name", "line_id", "product_code", "product_name", "quantity",
    "included_quantity", "unit_price", "unit_cost", "currency", "effective_date", "cancelled_date", "billing_cycle",
)  # fmt: skip
_SEAT_NAMES = (
    "integration", "account_id", "account_name", "seat_id", "kind", "sku", "sku_name", "identity", "display_name",
    "status", "device_class", "quantity", "created_at", "last_seen_at",
)  # fmt: skip
_STRICT = Options(date_order="ymd", decimal="point")

RCX_LINES = Shape(
    id="rcx_lines",
    title="RCX lines",
    side="psa",
    fields={name: PSA[name] for name in _LINE_NAMES},
    builder=LineBuilder,
    required=(("client_id",), ("line_id",), ("product_code",), ("quantity",)),
    options=_STRICT,
    is_strict=True,
)

RCX_SEATS = Shape(
    id="rcx_seats",
    title="RCX seats",
    side="usage",
    fields={name: USAGE[name] for name in _SEAT_NAMES},
    builder=SeatBuilder,
    required=(("integration",), ("account_id",), ("seat_id",)),
    options=_STRICT,
    is_strict=True,
)

RCX_MAPPING = Shape(
    id="rcx_mapping",
    title="RCX mapping",
    side="mapping",
    fields=MAPPING,
    builder=MappingBuilder,
    required=(("integration",), ("account_id",), ("client_id",)),
    options=_STRICT,
    is_strict=True,
)


class _ClientShape(Shape):
    """The clients format names its key `id` and its name `name`."""

    __slots__ = ()

    def names_of(self, name: str) -> tuple[str, ...]:
        return self.fields[name].names


def _client_field(name: str, *spellings: str) -> Field:
    built = field(name, "id" if name == "client_id" else "text", name)
    return Field(built.name, built.kind, built.label, spellings or (name,))


RCX_CLIENTS = _ClientShape(
    id="rcx_clients",
    title="RCX clients",
    side="psa",
    fields={
        "client_id": _client_field("client_id", "id"),
        "client_name": _client_field("client_name", "name"),
        "aliases": _client_field("aliases", "alias", "aliases"),
        **{
            name: _client_field(name)
            for name in ("domain", "emails", "phone", "address", "city", "region", "postcode", "country")
        },
    },
    builder=ClientBuilder,
    required=(("client_id",), ("client_name",)),
    options=_STRICT,
    is_strict=True,
)
