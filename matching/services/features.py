"""Evidence about a pair of services as numbers: text, and what tells products of one family apart."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matching.background import SERVICES_FILE, background
from matching.block import Pairs
from matching.features import Words, string_features, word_features, words_of
from matching.normalise import fold
from matching.score import Schema
from matching.services.names import ServiceName
from matching.services.side import ServiceSide

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
    "vendor_in_name": "vendor",
    "unit": "unit",
    "description": "description",
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


def _vendor(left: ServiceSide, right: ServiceSide, i: int, j: int) -> tuple[float, float]:
    ours, theirs = left.vendor[i], right.vendor[j]
    same = float("nan") if not ours or not theirs else float(ours == theirs or ours in theirs or theirs in ours)
    named = [
        float(vendor.split()[0] in fold(service.name))
        for vendor, service in ((ours, right.services[j]), (theirs, left.services[i]))
        if vendor
    ]
    return same, max(named, default=float("nan"))


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
        name: [] for name in (*RELATIONS, "product", "vendor", "vendor_in_name", "unit", "description")
    }
    for i, j in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        ours, theirs = left.read[i], right.read[j]
        for name, get in RELATIONS.items():
            rows[name].append(relation(get(ours), get(theirs)))
        one, two = left.product[i], right.product[j]
        rows["product"].append(
            float("nan") if one is None or two is None else float(one.display_name == two.display_name)
        )
        same, named = _vendor(left, right, i, j)
        rows["vendor"].append(same)
        rows["vendor_in_name"].append(named)
        units = fold(left.services[i].unit), fold(right.services[j].unit)
        rows["unit"].append(float(units[0] == units[1]) if all(units) else float("nan"))
        rows["description"].append(_description(left, right, i, j))
    out |= {name: np.array(values, np.float32) for name, values in rows.items()}
    return np.column_stack([out[name] for name in NAMES]).astype(np.float32)
