"""Codes that decide before any name: SKUs, part numbers, GUIDs and Microsoft's price-list ids. Pure text."""

import re

from matching.types import Service

_CODE = re.compile(r"^(?=.*[a-z])(?=.*[\d_:-])[a-z0-9][a-z0-9_:.\-/ ()]{3,}$")
# Product and SKU of a new-commerce offer, however they are joined; an availability after them changes with every list.
_PRICE_ID = re.compile(r"(?<![0-9a-z])(cfq7ttc[0-9a-z]{5})[\s:/_-]+([0-9a-z]{1,4})(?![0-9a-z])")
_SPLIT = re.compile(r"[\s,;()\[\]]+")


def price_ids(text: str) -> frozenset[str]:
    """Microsoft's price-list ids in a text, as `cfq7ttc0ldpb:0001`."""
    found = _PRICE_ID.findall(text.lower())
    return frozenset(f"{product}:{sku.zfill(4)}" for product, sku in found)


def codes_of(service: Service) -> frozenset[str]:
    """The codes that a record carries as such, folded."""
    part_numbers = (service.attributes.get("part_number", ""), service.attributes.get("sku_id", ""))
    texts = [text.strip().lower() for text in (service.sku, service.name, *part_numbers)]
    found = {text for text in texts if _CODE.match(text)}
    return frozenset(found.union(*(price_ids(text) for text in texts)))


def words_of(service: Service) -> frozenset[str]:
    """Everything in SKU, name and description that another record's code could stand as."""
    text = f"{service.sku} {service.name} {service.description}".lower()
    whole = {service.sku.strip().lower(), service.name.strip().lower()}
    return frozenset(({*_SPLIT.split(text), *whole} | price_ids(text)) - {""})
