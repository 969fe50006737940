"""Training material of the service model: labelled lists, with and without the catalogue, and the word counts."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np

from matching.corpora import rows
from matching.fit import Sample
from matching.services.candidates import candidates
from matching.services.catalogue import Catalogue, catalogue
from matching.services.features import RELATIONS, features, service_words
from matching.services.names import read
from matching.services.side import labels_of, prepare
from matching.services.simulate import ServiceTenant, service_tenant, titles_tenant

SETS = ("ms_products", "ms_sku_aliases", "msp_services", "pairs_amazon_google_train")
# Agreement on these may only ever help.
RISING = frozenset({"product", "vendor", "unit", "quantity_share", "quantity_reach"}) | set(RELATIONS)


def build_background(path: Path) -> None:
    """Count words and trigrams over product names (no labels used)."""
    names = {row["name"] for row in (*rows("ms_products"), *rows("ms_sku_aliases"))}
    names |= {f"{row['vendor']} {row['usage_name']}" for row in rows("msp_services")}
    names |= {row[side] for row in rows("pairs_amazon_google_train") for side in ("l_title", "r_title")}
    words: Counter[str] = Counter()
    grams: Counter[str] = Counter()
    for name in sorted(names):
        found = read(name)
        words.update(set(found.tokens))
        text = f" {found.core} "
        grams.update({text[k : k + 3] for k in range(len(text) - 2)})
    body = {
        "documents": len(names),
        "words": {word: count for word, count in sorted(words.items()) if count >= 2},
        "grams": {gram: count for gram, count in sorted(grams.items()) if count >= 3 and gram.isascii()},
    }
    path.write_bytes(gzip.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0))


def tenants() -> list[tuple[ServiceTenant, Catalogue | None]]:
    """Training lists; two of five are read without the catalogue, so that the text has to speak."""
    rng = random.Random(11)  # noqa: S311  a repeatable draw, not a secret
    out: list[tuple[ServiceTenant, Catalogue | None]] = []
    for seed in range(150):
        known = None if seed % 5 < 2 else catalogue()
        tenant = service_tenant("train", seed, rng.choice((10, 25, 60, 120, 250)), 0.0 if known is None else 0.3)
        out.append((tenant, known))
    out += [(titles_tenant("pairs_amazon_google_train", seed, rng.choice((30, 150, 300))), None) for seed in range(20)]
    return out


def sample(tenant: ServiceTenant, known: Catalogue | None) -> Sample:
    """Candidate pairs of one list pair."""
    labels = labels_of(tenant.left, tenant.right)
    left, right = prepare(tenant.left, known, labels), prepare(tenant.right, known, labels)
    pairs = candidates(left, right)
    ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    truth = np.array([(tenant.left[i].id, tenant.right[j].id) in tenant.links for i, j in ids], np.bool_)
    weight = np.full(truth.size, 1.0 / max(50.0, float(truth.sum())))
    matrix = features(left, right, pairs, service_words(left, right))
    return Sample(pairs.left, pairs.right, matrix, truth, weight)
