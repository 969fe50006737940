"""The one place where canonical records become columns of our tables; no SQL here.

A row is kept in *storage form*: exact decimals as integers of millionths, times as UTC text, folded keys beside their
text. That form is hashed, staged as JSON and moved by SQL without passing through Python again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from connectors import records
from rcx_app.core.errors import Invalid
from rcx_app.core.money import to_micros
from rcx_app.core.text import fold
from rcx_app.models import (
    Account,
    Agreement,
    Charge,
    Client,
    Invoice,
    InvoiceLine,
    Line,
    Product,
    Seat,
    Sku,
    SourceRow,
    Subscription,
)
from rcx_app.models.base import sql_table

Payload = dict[str, Any]
# Of four bytes each they still fit a page of an index.
_LONGEST_KEY = 500
# Names, SKUs and words of closed lists repeat a thousandfold in one stream.
_fold = lru_cache(maxsize=65536)(fold)


@dataclass(frozen=True, slots=True)
class Parent:
    """A reference: `column` of our row holds the id of the `stream` row whose external id stands under `key`.

    Where it is not required, a row of an unknown parent is stored without one, and linked once the parent is known.
    """

    column: str
    stream: str
    key: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record with its table. `noun` names one record in a message."""

    name: str
    noun: str
    record: type[Any]
    table: type[SourceRow]
    side: str
    to_payload: Callable[[Any], Payload]
    references: tuple[Parent, ...] = ()

    @property
    def plural(self) -> str:
        """The noun for several of them."""
        return f"{self.noun}s"

    def counted(self, number: int) -> str:
        """ "1,912 seats", "1 SKU"."""
        return f"{number:,} {self.noun if number == 1 else self.plural}"

    @property
    def parents(self) -> tuple[Parent, ...]:
        """What a row can't be without."""
        return tuple(each for each in self.references if each.is_required)

    @property
    def links(self) -> tuple[Parent, ...]:
        """What a row names, and may be without."""
        return tuple(each for each in self.references if not each.is_required)


GONE = "gone"
"""Stands for the hash of a record that the source says is gone (an incremental read)."""


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A record ready to be stored: its key, the hash of its content, and its storage form as JSON text."""

    external_id: str
    content_hash: str
    payload: str
    values: Payload = field(repr=False)


def stage_row(stream: Stream, record: Any) -> StagedRow:
    """A record of `stream` in storage form, or the mark that one is gone.

    Raises Invalid naming the record where it is of another kind, has no id, or a number that can't be kept exactly.
    """
    if isinstance(record, records.Removed):
        return StagedRow(_storable(str(record.external_id)), GONE, '{"gone":true}', {})
    if not isinstance(record, stream.record):
        raise Invalid(f"A {type(record).__name__} record was read in the stream {stream.name}.")
    if not record.external_id:
        raise Invalid(f"A {stream.noun} without an id was read.", remedy="Every record needs the id its source gives.")
    try:
        values = stream.to_payload(record)
    except ValueError as error:
        raise Invalid(
            f"The {stream.noun} {record.external_id} can't be stored: {error}.", remedy="Correct it in the source."
        ) from error
    text = _dump(values)
    external_id = str(record.external_id)
    if len(text) > _LONGEST_KEY or len(external_id) > _LONGEST_KEY:
        _check_keys(stream, external_id, values)
    if not _is_storable(text, external_id):
        values = _storable(values)
        text, external_id = _dump(values), _storable(external_id)
    return StagedRow(external_id, hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), text, values)


def _check_keys(stream: Stream, external_id: str, values: Payload) -> None:
    """Raises Invalid for text that no index takes."""
    indexes = sql_table(stream.table).indexes
    columns = {column.name for index in indexes for column in index.columns}
    keys = [external_id, *(str(value) for name, value in values.items() if name in columns)]
    longest = max(len(key) for key in keys)
    if longest > _LONGEST_KEY:
        raise Invalid(
            f"The {stream.noun} {external_id[:80]} has an id or a name of {longest:,} characters; "
            f"{_LONGEST_KEY} are possible.",
            remedy="Shorten it in the source.",
        )


def _dump(values: Payload) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _is_storable(*texts: str) -> bool:
    try:
        return all("\x00" not in text and "\\u0000" not in text and text.encode() is not None for text in texts)
    except UnicodeEncodeError:
        return False


def _storable(value: Any) -> Any:
    """`value` without NUL characters and half surrogates, which no database takes."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return value


def _exact(value: Decimal | None) -> int | None:
    return None if value is None else to_micros(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _attributes(values: Mapping[str, str]) -> dict[str, str]:
    return {str(key): "" if value is None else str(value) for key, value in values.items()}


def _place(record: records.Client | records.Account) -> Payload:
    return {
        "name": record.name,
        "name_key": _fold(record.name),
        "domain": record.domain,
        "emails": list(record.emails),
        "phone": record.phone,
        "address": record.address,
        "city": record.city,
        "region": record.region,
        "postcode": record.postcode,
        "country": record.country,
        "aliases": list(record.aliases),
        "attributes": _attributes(record.attributes),
    }


def _product(record: records.Product) -> Payload:
    return {
        "code": record.code,
        "code_key": _fold(record.code),
        "name": record.name,
        "unit_price": _exact(record.unit_price),
        "unit_cost": _exact(record.unit_cost),
        "currency": record.currency,
        "attributes": _attributes(record.attributes),
    }


def _agreement(record: records.Agreement) -> Payload:
    return {
        "client_external_id": record.client_external_id,
        "name": record.name,
        "billing_cycle": record.billing_cycle,
        "starts_on": _day(record.starts_on),
        "ends_on": _day(record.ends_on),
        "attributes": _attributes(record.attributes),
    }


def _line(record: records.Line) -> Payload:
    return {
        "client_external_id": record.client_external_id,
        "agreement_external_id": record.agreement_external_id,
        "product_code": record.product_code,
        "product_key": _fold(record.product_code),
        "product_name": record.product_name,
        "quantity": _exact(record.quantity),
        "included_quantity": _exact(record.included_quantity),
        "unit_price": _exact(record.unit_price),
        "unit_cost": _exact(record.unit_cost),
        "currency": record.currency,
        "effective_date": _day(record.effective_date),
        "cancelled_date": _day(record.cancelled_date),
        "billing_cycle": record.billing_cycle,
        "is_calculated_by_psa": record.is_calculated_by_psa,
        "attributes": _attributes(record.attributes),
    }


def _seat(record: records.Seat) -> Payload:
    attributes = _attributes(record.attributes)
    return {
        "account_external_id": record.account_external_id,
        "kind": _fold(record.kind),
        "sku": record.sku,
        "sku_key": _fold(record.sku),
        "sku_name": record.sku_name,
        "sku_name_key": _fold(record.sku_name),
        "identity": record.identity,
        "identity_key": _fold(record.identity),
        "display_name": record.display_name,
        "display_name_key": _fold(record.display_name),
        "status": _fold(record.status),
        "device_class": _fold(record.device_class),
        "quantity": _exact(record.quantity),
        "source_created_at": _moment(record.created_at),
        "last_seen_at": _moment(record.last_seen_at),
        "attributes": attributes,
        "attributes_key": {_fold(key): _fold(value) for key, value in attributes.items()},
    }


def _subscription(record: records.Subscription) -> Payload:
    return {
        "account_external_id": record.account_external_id,
        "sku": record.sku,
        "sku_key": _fold(record.sku),
        "sku_name": record.sku_name,
        "quantity": _exact(record.quantity),
        "unit_cost": _exact(record.unit_cost),
        "currency": record.currency,
        "term": record.term,
        "billing_cycle": record.billing_cycle,
        "status": _fold(record.status),
        "starts_on": _day(record.starts_on),
        "commitment_ends_on": _day(record.commitment_ends_on),
        "attributes": _attributes(record.attributes),
    }


def _sku(record: records.Sku) -> Payload:
    return {"name": record.name, "name_key": _fold(record.name), "attributes": _attributes(record.attributes)}


def _charge(record: records.Charge) -> Payload:
    return {
        "account_external_id": record.account_external_id,
        "sku": record.sku,
        "sku_key": _fold(record.sku),
        "quantity": _exact(record.quantity),
        "amount": _exact(record.amount),
        "currency": record.currency,
        "period_start": _day(record.period_start),
        "period_end": _day(record.period_end),
        "attributes": _attributes(record.attributes),
    }


def _invoice(record: records.Invoice) -> Payload:
    return {
        "client_external_id": record.client_external_id,
        "number": record.number,
        "issued_on": _day(record.issued_on),
        "currency": record.currency,
        "total": _exact(record.total),
        "attributes": _attributes(record.attributes),
    }


def _invoice_line(record: records.InvoiceLine) -> Payload:
    return {
        "invoice_external_id": record.invoice_external_id,
        "line_external_id": record.line_external_id,
        "product_code": record.product_code,
        "product_key": _fold(record.product_code),
        "quantity": _exact(record.quantity),
        "unit_price": _exact(record.unit_price),
        "amount": _exact(record.amount),
        "attributes": _attributes(record.attributes),
    }


_CLIENT = Parent("client_id", "clients", "client_external_id")
_AGREEMENT = Parent("agreement_id", "agreements", "agreement_external_id")
_ACCOUNT = Parent("account_id", "accounts", "account_external_id")
_INVOICE = Parent("invoice_id", "invoices", "invoice_external_id")
# A line that is billed may be older than what the PSA still lists; a distributor also charges the MSP itself.
_LINE = Parent("line_id", "lines", "line_external_id", is_required=False)
_CHARGED = Parent("account_id", "accounts", "account_external_id", is_required=False)

# In the order of dependency: a stream's parents come before it.
STREAMS: dict[str, Stream] = {
    stream.name: stream
    for stream in (
        Stream("clients", "client", records.Client, Client, "psa", _place),
        Stream("products", "product", records.Product, Product, "psa", _product),
        Stream("agreements", "agreement", records.Agreement, Agreement, "psa", _agreement, (_CLIENT,)),
        Stream("lines", "line", records.Line, Line, "psa", _line, (_CLIENT, _AGREEMENT)),
        Stream("invoices", "invoice", records.Invoice, Invoice, "psa", _invoice, (_CLIENT,)),
        Stream(
            "invoice_lines", "invoice line", records.InvoiceLine, InvoiceLine, "psa", _invoice_line, (_INVOICE, _LINE)
        ),
        Stream("accounts", "account", records.Account, Account, "usage", _place),
        Stream("skus", "SKU", records.Sku, Sku, "usage", _sku),
        Stream("seats", "seat", records.Seat, Seat, "usage", _seat, (_ACCOUNT,)),
        Stream(
            "subscriptions", "subscription", records.Subscription, Subscription, "usage", _subscription, (_ACCOUNT,)
        ),
        Stream("charges", "charge", records.Charge, Charge, "usage", _charge, (_CHARGED,)),
    )
}
_BY_RECORD: dict[type[Any], Stream] = {stream.record: stream for stream in STREAMS.values()}


def stream_of(record: object) -> Stream | None:
    """The stream that stores this kind of record; None for what is no record."""
    return _BY_RECORD.get(type(record))


def stream_named(name: str) -> Stream:
    """Raises Invalid for a name that is no stream."""
    if name not in STREAMS:
        raise Invalid(f"There is no stream {name!r}.", remedy=f"Use one of {', '.join(STREAMS)}.")
    return STREAMS[name]
