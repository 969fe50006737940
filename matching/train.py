"""`python -m matching.train`: builds the background counts and the models from the shipped public sets.

Deterministic: the same data and library versions give the same file. Not needed at run time.
"""

import argparse
import gzip
import hashlib
import json
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from matching import background, evaluate, features, score, simulate
from matching.block import block
from matching.facts import Evidence
from matching.fit import Recipe, Sample, fit
from matching.normalise import variants
from matching.score import PARTIES
from matching.services import training
from matching.services.evaluate import services_report
from matching.services.features import SERVICES
from matching.side import prepare
from matching.simulate import Tenant
from matching.strangers import stranger_tenant

DATA = Path(__file__).parent / "data"
SETS = ("chicago_sites", "dotgov", "universities", "company_names")
PAIRS = 60  # pairs of features that speak together
KEPT = 0.4  # share of the pairs without a link that boosting sees; the step over the rivals sees all
# Evidence may only ever help when it agrees: the shape of these rises, whatever noise the training set holds.
RISING = frozenset(
    name
    for name, group in features.GROUPS.items()
    if group in {"name_domain", "phone", "postcode", "city", "region", "country", "seats", "numbers", "legal_form"}
    or group in {"people", "devices", "branch"}
    or name in {"domain", "street_number", "street_same_number", "replaced"}
)


def build_background(path: Path) -> None:
    """Count words and trigrams over all distinct organisation names of the shipped sets (no labels used)."""
    words: Counter[str] = Counter()
    grams: Counter[str] = Counter()
    documents = 0
    names = (*simulate.all_names("train"), *simulate.all_names("test"))
    for found in (variants(name) for name, _ in names):
        if found:
            documents += 1
            words.update(set(found[0].tokens))
            text = f" {found[0].core} "
            grams.update({text[k : k + 3] for k in range(len(text) - 2)})
    body = {
        "documents": documents,
        "words": {word: count for word, count in sorted(words.items()) if count >= 3},
        "grams": {gram: count for gram, count in sorted(grams.items()) if count >= 5 and gram.isascii()},
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def tenants() -> list[Tenant]:
    """The training tenants: every mixture of evidence, from none to full, is seen (evidence dropout)."""
    rng = random.Random(7)  # noqa: S311  a repeatable draw, not a secret
    out: list[Tenant] = []
    kinds: tuple[simulate.LeftName, ...] = ("trading", "trading", "mixed", "legal", "both")
    for seed in range(36):
        blanks = {k: rng.choice((0.0, 0.3, 0.7, 1.0, 1.0)) for k in ("address", "phone", "domain", "city", "seats")}
        evidence = Evidence(**blanks)
        if seed % 3 == 0:
            evidence = Evidence()
        elif seed % 3 == 1:
            evidence = Evidence(address=rng.choice((0.0, 0.3, 0.7)))
        size = rng.choice((40, 120, 280, 280, 600, 1500))
        out.append(simulate.chicago_tenant("train", seed, size, rng.choice(kinds), evidence, seed % 7 == 6))
    for seed in range(28):
        out.append(simulate.domain_tenant("train", seed, "bodies", rng.choice((40, 300)), rng.choice((0.0, 0.5))))
        out.append(simulate.domain_tenant("train", seed, "universities", rng.choice((40, 300)), rng.choice((0.0, 0.5))))
        out.append(simulate.noised_tenant("train", seed, rng.choice((40, 300, 1000)), rng.choice((0.0, 0.7))))
    for seed in range(500, 540):
        evidence = rng.choice((Evidence(), Evidence(address=0.3)))
        out.append(simulate.chicago_tenant("train", seed, rng.choice((2, 5, 10, 20)), "mixed", evidence))
        out.append(simulate.noised_tenant("train", seed, rng.choice((2, 5, 10, 20))))
    out.append(simulate.noised_tenant("train", 100, 6000))
    for seed in range(24):
        size, places, known = (
            rng.choice((40, 150, 300)),
            rng.choice((0.0, 0.5, 0.9)),
            rng.choice((0.0, 0.0, 0.4, 0.8)),
        )
        out.append(stranger_tenant("train", seed, size, places, known))
    for seed in range(8):
        out.append(simulate.chain_tenant("train", seed, rng.choice((10, 30)), rng.choice((0.0, 0.5, 0.9))))
    # Evidence that no public set has: in a third of the tenants a mixture of people and devices stands beside the rest.
    for at in range(0, len(out), 3):
        people, devices = rng.choice((0.1, 0.4, 0.7, 1.0)), rng.choice((0.1, 0.5, 1.0))
        out[at] = simulate.with_staff(out[at], people, devices, at)
    return out


def sample(tenant: Tenant) -> Sample:
    """Candidate pairs of a tenant; every tenant weighs alike, however many pairs it has."""
    left, right = prepare(tenant.left), prepare(tenant.right)
    pairs = block(left, right)
    ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    truth = np.array([(tenant.left[i].id, tenant.right[j].id) in tenant.links for i, j in ids], np.bool_)
    weight = np.full(truth.size, 1.0 / max(200.0, float(truth.sum())))
    return Sample(pairs.left, pairs.right, features.features(left, right, pairs), truth, weight)


def data_hash(sets: tuple[str, ...]) -> str:
    """SHA-256 over the labelled sets that training reads."""
    digest = hashlib.sha256()
    for name in sets:
        digest.update(gzip.decompress((DATA / f"{name}.csv.gz").read_bytes()))
    return digest.hexdigest()


def about(sets: tuple[str, ...], samples: list[Sample]) -> dict[str, object]:
    """What a model file says of its own origin."""
    pairs, links = (sum(s.truth.size for s in samples), int(sum(s.truth.sum() for s in samples)))
    print(f"{len(samples)} tenants, {pairs} candidate pairs, {links} links among them", file=sys.stderr)
    return {
        "sets": list(sets),
        "data_sha256": data_hash(sets),
        "scikit_learn": version("scikit-learn"),
        "tenants": len(samples),
        "pairs": pairs,
        "links": links,
    }


def train_parties() -> score.Model:
    """The organisation model, with what it reaches on the frozen tenants."""
    build_background(DATA / background.FILE)
    background.background.cache_clear()
    samples = [sample(tenant) for tenant in tenants()]
    origin = about(SETS, samples)
    model = fit(samples, origin, Recipe(PARTIES, RISING, PAIRS, KEPT))
    return replace(model, about={**origin, "frozen": evaluate.frozen_report(model)})


def train_services() -> score.Model:
    """The service model, with what it reaches on held-out products and vendors."""
    training.build_background(DATA / background.SERVICES_FILE)
    background.background.cache_clear()
    samples = [training.sample(tenant, known) for tenant, known in training.tenants()]
    origin = about(training.SETS, samples)
    model = fit(samples, origin, Recipe(SERVICES, training.RISING))
    return replace(model, about={**origin, "frozen": services_report(model)})


TRAINERS: dict[str, Callable[[], score.Model]] = {"client": train_parties, "service": train_services}


def main(argv: list[str] | None = None) -> int:
    """Train and write the models; prints what was measured on the frozen bench."""
    parser = argparse.ArgumentParser(prog="python -m matching.train", description=__doc__)
    parser.add_argument("--kind", choices=sorted(TRAINERS), action="append", help="only this model (default: all)")
    parser.add_argument("--out", type=Path, default=DATA, help="folder for the model files")
    options = parser.parse_args(argv)
    # scikit-learn warns about its own use of threads inside gradient boosting; there is nothing to act on.
    warnings.filterwarnings("ignore", message=".*sklearn.utils.parallel.delayed.*")
    for kind in options.kind or TRAINERS:
        model = TRAINERS[kind]()
        score.dump(model, options.out / model.schema.file)
        print(json.dumps(dict(model.about), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
