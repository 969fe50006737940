"""One side of a service match as columns: the names a product goes by, what it must not be confused with, its codes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.normalise import Variant, fold
from matching.services.catalogue import Catalogue, SkuName, resolve
from matching.services.names import ServiceName, read
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
    vendor: list[str]


def _product(service: Service, known: Catalogue | None) -> SkuName | None:
    if known is None:
        return None
    return resolve(service.sku, known) or resolve(service.name, known)


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


def prepare(services: Sequence[Service], known: Catalogue | None) -> ServiceSide:
    """Everything of the services that matching compares; without a catalogue no product is recognised."""
    products = [_product(service, known) for service in services]
    # What decides about tiers is the product behind a code, not the code's letters.
    texts = [_meaning(service, product) for service, product in zip(services, products, strict=True)]
    own = [read(text) for text in texts]
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
    return ServiceSide(side, services, own, products, [fold(service.vendor) for service in services])


def _meaning(service: Service, product: SkuName | None) -> str:
    """The name, or what the catalogue says where the name is nothing but a code."""
    if product is not None and "_" in service.name and " " not in service.name.strip():
        return product.display_name
    return service.name
