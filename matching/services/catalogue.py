"""Microsoft's product table and the names that others write for its products: exact look-up before any similarity.

`O365_BUSINESS_PREMIUM` is Microsoft 365 Business *Standard*: a String_Id is looked up, never read as words.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from matching.corpora import rows
from matching.normalise import fold
from matching.services.codes import price_ids
from matching.services.names import key_of, strip_remarks

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class SkuName:
    """One Microsoft product: its GUID, its String_Id (SKU part number) and the name that Microsoft shows."""

    guid: str
    string_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Look-up tables, each from a key to one product."""

    by_guid: dict[str, SkuName]
    by_string_id: dict[str, SkuName]
    by_name: dict[str, SkuName]  # official names, exact but for case, spacing and remarks
    by_alias: dict[str, SkuName]  # names that others write, likewise
    by_key: dict[str, SkuName]  # official names, by `key_of`
    by_alias_key: dict[str, SkuName]
    names: dict[str, tuple[str, ...]]  # GUID -> every known name, official first
    unclear: frozenset[str]  # names that lists give to different products, as in `by_alias`
    by_price_id: dict[str, SkuName]  # product and SKU of Microsoft's price list, as `codes.price_ids` writes them


def _spaced(text: str) -> str:
    return " ".join(strip_remarks(fold(text)).split())


def _is_twin(sku: SkuName) -> bool:
    """Whether it is a prepaid small-business or departmental edition of another product."""
    return sku.string_id.upper().startswith(("SMB_", "CCIBOTS_")) or "_DEPT" in sku.string_id.upper()


def _preference(sku: SkuName) -> tuple[bool, int, str]:
    """Order among products of one name: prepaid small-business and departmental twins last, then the shortest id."""
    return _is_twin(sku), len(sku.string_id), sku.string_id


def build(sources: frozenset[str] | None = None) -> Catalogue:
    """The catalogue from the shipped tables; `sources` limits the alias lists (to measure one held out)."""
    skus = sorted((SkuName(r["guid"], r["string_id"], r["name"]) for r in rows("ms_products")), key=_preference)
    by_guid = {sku.guid: sku for sku in skus}
    by_string_id: dict[str, SkuName] = {}
    by_name: dict[str, SkuName] = {}
    by_key: dict[str, SkuName] = {}
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for sku in skus:
        by_string_id.setdefault(sku.string_id.casefold(), sku)
        by_name.setdefault(_spaced(sku.display_name), sku)
        by_key.setdefault(key_of(sku.display_name), sku)
        names[sku.guid][sku.display_name] = None
    aliases: dict[str, list[SkuName]] = defaultdict(list)
    for row in rows("ms_sku_aliases"):
        known = by_string_id.get(row["sid"].casefold())
        if known is not None and (sources is None or row["source"] in sources):
            aliases[_spaced(row["name"])].append(known)
            names[known.guid].setdefault(row["name"])
    by_alias: dict[str, SkuName] = {}
    by_alias_key: dict[str, SkuName] = {}
    unclear: set[str] = set()
    for name, owners in aliases.items():
        if len({sku.display_name for sku in owners if not _is_twin(sku)}) > 1:
            unclear.add(name)
            continue
        best = min(owners, key=_preference)
        for table, key in ((by_alias, name), (by_alias_key, key_of(name))):
            held = table.get(key)
            table[key] = best if held is None else min(held, best, key=_preference)
    by_price_id = {
        price_id: by_string_id[row["string_id"].casefold()]
        for row in rows("ms_price_ids")
        for price_id in price_ids(row["price_id"])
    }
    all_names = {guid: tuple(found) for guid, found in names.items()}
    return Catalogue(
        by_guid, by_string_id, by_name, by_alias, by_key, by_alias_key, all_names, frozenset(unclear), by_price_id
    )


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The shipped catalogue, built once."""
    return build()


def resolve(text: str, known: Catalogue) -> SkuName | None:
    """The product that a text names exactly: GUID, price-list id, String_Id, official name, alias, normal spelling."""
    text = text.strip()
    if not text:
        return None
    guid = _GUID.search(text.lower())
    if guid is not None:
        return known.by_guid.get(guid.group())
    for price_id in price_ids(text):
        if price_id in known.by_price_id:
            return known.by_price_id[price_id]
    # PowerShell writes "tenant:SKU" (AccountSkuId).
    for code in (text, text.rsplit(":", 1)[-1]):
        found = known.by_string_id.get(code.strip().casefold())
        if found is not None:
            return found
    spaced = _spaced(text)
    key = key_of(text)
    return (
        known.by_name.get(spaced)
        or known.by_alias.get(spaced)
        or (known.by_key.get(key) if len(key) > 3 else None)
        or (known.by_alias_key.get(key) if len(key) > 3 and spaced not in known.unclear else None)
    )


@lru_cache(maxsize=50_000)
def resolve_microsoft_sku(text: str) -> SkuName | None:
    """The Microsoft product that `text` names, or nothing: a GUID, a String_Id, a display name or a known alias.

    Exact look-up only; distributor remarks (`(NCE COM MTH)`, `[New Commerce Experience]`, `P1Y`) and usual
    abbreviations are seen through, likeness is not.
    """
    return resolve(text, catalogue())
