"""One side of a service match as columns: the names a product goes by, what it must not be confused with, its codes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.normalise import LONGEST, Variant, fold
from matching.services.catalogue import Catalogue, SkuName, resolve
from matching.services.codes import price_ids
from matching.services.names import ServiceName, devices_of_code, read, units_of
from matching.services.vendors import label_phrases, platforms, vendor_of_label, vendors_of
from matching.services.vocabulary import EDITIONS, TIERS
from matching.side import Side
from matching.types import Party, Service

MOST_NAMES = 8
LONGEST_DESCRIPTION = 4_000  # characters of it that are read


@dataclass(frozen=True, slots=True)
class ServiceSide:
    """`side` carries the names in the form that blocking and string measures share; the lists are by service."""

    side: Side
    services: Sequence[Service]
    read: list[ServiceName]
    product: list[SkuName | None]
    vendors: list[frozenset[str]]  # whose product it is, as far as label, name or code say
    units: list[frozenset[str]]  # what is counted, likewise
    planless: list[bool]  # which plan of a product it is, is taken for granted


def readable(service: Service) -> Service:
    """The record with no text longer than what is read of it, so that no step's work grows with one text."""
    texts = (service.name, service.sku, service.vendor, service.unit, *service.attributes.values())
    if max(map(len, texts)) <= LONGEST and len(service.description) <= LONGEST_DESCRIPTION:
        return service
    return replace(
        service,
        name=service.name[:LONGEST],
        sku=service.sku[:LONGEST],
        vendor=service.vendor[:LONGEST],
        unit=service.unit[:LONGEST],
        description=service.description[:LONGEST_DESCRIPTION],
        attributes={key: value[:LONGEST] for key, value in service.attributes.items()},
    )


def labels_of(*lists: Sequence[Service]) -> frozenset[str]:
    """The labels of all vendors at hand, which names of either side may mention."""
    return label_phrases(frozenset(service.vendor for services in lists for service in services))


def _product(service: Service, vendors: frozenset[str], known: Catalogue | None) -> tuple[SkuName | None, bool]:
    """Microsoft's product behind a record, and whether a code says so.

    Another vendor's code may look like one of Microsoft's, its ids do not.
    """
    if known is None:
        return None, False
    texts = [(service.attributes.get("sku_id", ""), True), (service.sku, True), (service.name, False)]
    if vendors and not vendors & platforms():
        texts = [(text, coded) for text, coded in texts if price_ids(text)]
    for text, coded in texts:
        found = resolve(text, known)
        if found is not None:
            return found, coded and text != service.name
    return None, False


def _is_planless(own: ServiceName, product: SkuName | None, is_coded: bool) -> bool:
    """Whether a record's product is known by a name that leaves its plan or edition out: `Entra ID` for the P1."""
    if product is None or is_coded:
        return False
    full = read(product.display_name).said
    return own.said < full and any(TIERS.match(word) or word in EDITIONS for word in full - own.said)


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
    found_products = [_product(service, whose, known) for service, whose in zip(services, vendors, strict=True)]
    products = [product for product, _ in found_products]
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
    planless = [_is_planless(name, *product) for name, product in zip(own, found_products, strict=True)]
    return ServiceSide(side, services, own, products, vendors, units, planless)


def _meaning(service: Service, product: SkuName | None) -> str:
    """The name, or what the catalogue says where the name is nothing but a code."""
    if product is not None and "_" in service.name and " " not in service.name.strip():
        return product.display_name
    return service.name
