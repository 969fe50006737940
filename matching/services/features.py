"""Evidence about a pair of services as numbers: text, and what tells products of one family apart."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matching.background import SERVICES_FILE, background
from matching.block import Pairs
from matching.features import Words, string_features, word_features, words_of
from matching.normalise import fold
from matching.score import Schema
from matching.services import quantities
from matching.services.names import ServiceName
from matching.services.side import ServiceSide
from matching.services.vendors import platforms, vendors

Floats = NDArray[np.float32]

GROUPS: dict[str, str] = {
    "cosine": "name",
    "ratio": "name",
    "token_sort": "name",
    "token_set": "name",
    "partial": "name",
    "jaro_winkler": "name",
    "squeezed": "name",
    "word_overlap": "name",
    "words_of_left": "name",
    "words_of_right": "name",
    "rarest_shared": "rare_word",
    "rarest_left_over": "left_over",
    "rarest_right_over": "left_over",
    "other_name": "alias",
    "tiers": "tier",
    "editions": "edition",
    "devices": "device",
    "audiences": "audience",
    "kinds": "kind",
    "sizes": "size",
    "terms": "term",
    "product": "product",
    "vendor": "vendor",
    "unit": "unit",
    "description": "description",
    "quantity_share": "quantity",
    "quantity_reach": "coverage",
    "price": "price",
}
NAMES: tuple[str, ...] = tuple(GROUPS)
SERVICES = Schema("services.json.gz", GROUPS, frozenset({"name", "rare_word", "left_over", "alias"}))
RELATIONS: dict[str, Callable[[ServiceName], frozenset[str]]] = {
    "tiers": lambda n: n.tiers,
    "editions": lambda n: n.editions,
    "devices": lambda n: n.devices,
    "audiences": lambda n: n.audiences,
    "kinds": lambda n: n.kinds,
    "sizes": lambda n: n.sizes,
    "terms": lambda n: n.terms,
}


def relation(left: frozenset[str], right: frozenset[str]) -> float:
    """1 equal, 0.6 one within the other, 0.4 on one side only, 0 in conflict, NaN where neither says anything."""
    if not left and not right:
        return float("nan")
    if left == right:
        return 1.0
    if not left or not right:
        return 0.4
    return 0.6 if left < right or right < left else 0.0


def service_words(left: ServiceSide, right: ServiceSide) -> Words:
    """Coded words of both sides, rarity over product names."""
    return words_of(left.side, right.side, background(SERVICES_FILE))


def vendor_relation(left: ServiceSide, right: ServiceSide, i: int, j: int, others: frozenset[str]) -> float:
    """1 the same vendor's product, 0 another's, NaN where a side does not say.

    `others` are all vendors of the left list: a label that the catalogue does not know is contradicted by these only.
    """
    ours, theirs = left.vendors[i], right.vendors[j]
    if not ours or not theirs:
        return float("nan")
    if ours & theirs or any(a in b or b in a for a in map(fold, ours) for b in map(fold, theirs)):
        return 1.0
    if theirs <= platforms():  # "M365 backup" may be any tool's
        return float("nan")
    known = frozenset(vendors().by_phrase.values())
    return 0.0 if ours & known or theirs & others else float("nan")


def _unit(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """1 one unit in common, 0 others, NaN where a side names none or they often stand for one another."""
    if not ours or not theirs:
        return float("nan")
    if ours & theirs:
        return 1.0
    near = ({"user", "mailbox"}, {"device", "workload"})
    return float("nan") if any(ours & pair and theirs & pair for pair in near) else 0.0


def _description(left: ServiceSide, right: ServiceSide, i: int, j: int) -> float:
    """Share of the words of one name that stand in the other's description; NaN where there is none."""
    found = []
    for text, name in ((right.services[j].description, left.read[i]), (left.services[i].description, right.read[j])):
        if text and name.tokens:
            spelled = fold(text)
            found.append(sum(token in spelled for token in name.tokens) / len(name.tokens))
    return max(found, default=float("nan"))


def features(left: ServiceSide, right: ServiceSide, pairs: Pairs, words: Words) -> Floats:
    """The feature matrix, shape (pairs, len(NAMES)), columns as in `NAMES`."""
    out: dict[str, Floats] = {"cosine": pairs.cosine}
    string_features(out, left.side, right.side, pairs)
    word_features(out, words, pairs)
    a, b = pairs.left_name, pairs.right_name
    out["other_name"] = np.asarray(
        (a != left.side.first[pairs.left]).astype(np.float32) + (b != right.side.first[pairs.right]), np.float32
    )
    rows: dict[str, list[float]] = {
        name: [] for name in (*RELATIONS, "product", "vendor", "unit", "description", "price")
    }
    others = frozenset[str]().union(*left.vendors)
    for i, j in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        ours, theirs = left.read[i], right.read[j]
        for name, get in RELATIONS.items():
            rows[name].append(relation(get(ours), get(theirs)))
        one, two = left.product[i], right.product[j]
        rows["product"].append(
            float("nan") if one is None or two is None else float(one.display_name == two.display_name)
        )
        rows["vendor"].append(vendor_relation(left, right, i, j, others))
        rows["unit"].append(_unit(left.units[i], right.units[j]))
        rows["description"].append(_description(left, right, i, j))
        rows["price"].append(quantities.price_ratio(left.services[i].unit_price, right.services[j].unit_price))
    counted = quantities.agreements(quantities.table(left.services, right.services), pairs.left, pairs.right)
    out["quantity_share"], out["quantity_reach"] = counted.share.astype(np.float32), counted.reach.astype(np.float32)
    out |= {name: np.array(values, np.float32) for name, values in rows.items()}
    return np.column_stack([out[name] for name in NAMES]).astype(np.float32)
