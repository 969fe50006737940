"""One side of a service match as columns: the names a product goes by, what it must not be confused with, its codes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.normalise import Variant, fold
from matching.services.catalogue import Catalogue, SkuName, resolve
from matching.services.codes import price_ids
from matching.services.names import ServiceName, devices_of_code, read, units_of
from matching.services.vendors import label_phrases, platforms, vendor_of_label, vendors_of
from matching.side import Side
from matching.types import Party, Service

MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class ServiceSide:
    """`side` carries the names in the form that blocking and string measures share; the lists are by service."""

    side: Side
    services: Sequence[Service]
    read: list[ServiceName]
    product: list[SkuName | None]
    vendors: list[frozenset[str]]  # whose product it is, as far as label, name or code say
    units: list[frozenset[str]]  # what is counted, likewise


def labels_of(*lists: Sequence[Service]) -> frozenset[str]:
    """The labels of all vendors at hand, which names of either side may mention."""
    return label_phrases(frozenset(service.vendor for services in lists for service in services))


def _product(service: Service, vendors: frozenset[str], known: Catalogue | None) -> SkuName | None:
    """Microsoft's product behind a record; another vendor's code may look like one of Microsoft's, its ids do not."""
    if known is None:
        return None
    texts = [service.attributes.get("sku_id", ""), service.sku, service.name]
    if vendors and not vendors & platforms():
        texts = [text for text in texts if price_ids(text)]
    return next((found for text in texts if (found := resolve(text, known)) is not None), None)


def _variant(name: ServiceName) -> Variant:
    numbers = tuple(sorted(name.tiers | name.sizes))
    return Variant(name.core, name.tokens, "", numbers)


def _names(service: Service, own: ServiceName, product: SkuName | None, known: Catalogue | None) -> list[Variant]:
    found = [_variant(own)] if own.core else []
    if service.vendor and fold(service.vendor) not in fold(service.name):
        found.append(_variant(read(f"{service.vendor} {service.name}")))
    if product is not None and known is not None:
        found += [_variant(read(name)) for name in known.names[product.guid]]
    unique: dict[str, Variant] = {}
    for variant in found:
        if variant.core:
            unique.setdefault(variant.core, variant)
    return list(unique.values())[:MOST_NAMES] or [Variant("", (), "", ())]


def _read(service: Service, product: SkuName | None) -> ServiceName:
    """The name taken apart; a kind of device may stand in the code alone (`NINJA-WS`)."""
    # What decides about tiers is the product behind a code, not the code's letters.
    found = read(_meaning(service, product))
    if found.devices or product is not None:
        return found
    return found._replace(devices=devices_of_code(service.sku))


def _vendors(service: Service, labels: frozenset[str]) -> frozenset[str]:
    said = vendors_of(service.name, service.sku, labels)
    return said or vendor_of_label(service.vendor)


def prepare(services: Sequence[Service], known: Catalogue | None, labels: frozenset[str] = frozenset()) -> ServiceSide:
    """Everything of the services that matching compares; without a catalogue no product is recognised.

    `labels` are those of both lists, as `labels_of` gives them.
    """
    vendors = [_vendors(service, labels) for service in services]
    products = [_product(service, whose, known) for service, whose in zip(services, vendors, strict=True)]
    own = [_read(service, product) for service, product in zip(services, products, strict=True)]
    names: list[Variant] = []
    owner: list[int] = []
    first: list[int] = []
    for index, service in enumerate(services):
        found = _names(service, own[index], products[index], known)
        first.append(len(names))
        names += found
        owner += [index] * len(found)
    empty = [""] * len(services)
    side = Side(
        parties=[Party(service.id, service.name) for service in services],
        names=names,
        owner=np.array(owner, np.int32),
        first=np.array(first, np.int32),
        initials=[""] * len(names),
        domains=[()] * len(services),
        phones=[()] * len(services),
        postcode=empty,
        number=empty,
        street=empty,
        city=empty,
        region=empty,
        country=empty,
    )
    units = [units_of(f"{service.unit} {service.name}") for service in services]
    return ServiceSide(side, services, own, products, vendors, units)


def _meaning(service: Service, product: SkuName | None) -> str:
    """The name, or what the catalogue says where the name is nothing but a code."""
    if product is not None and "_" in service.name and " " not in service.name.strip():
        return product.display_name
    return service.name
