"""`python -m matching.train`: builds the background counts and the party model from the shipped public sets.

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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from matching import background, context, features, score, simulate
from matching.block import block
from matching.normalise import variants
from matching.side import prepare
from matching.simulate import Evidence, Tenant

Floats = NDArray[np.float64]

DATA = Path(__file__).parent / "data"
SETS = ("chicago_sites", "dotgov", "universities", "company_names")
FOLDS = 4
# Evidence may only ever help when it agrees: the shape of these rises, whatever noise the training set holds.
RISING = frozenset(
    ["domain", "label_cover", "label_words", "label_ratio", "label_initials", "label_place", "phone", "postcode", "street_number", "street_same_number", "city", "region", "country", "seats", "numbers", "legal_form"]
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One tenant's candidate pairs: features, who they belong to, and which are true links."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    matrix: NDArray[np.float32]
    truth: NDArray[np.bool_]
    weight: Floats


def build_background(path: Path) -> None:
    """Count words and trigrams over all distinct organisation names of the shipped sets (no labels used)."""
    words: Counter[str] = Counter()
    grams: Counter[str] = Counter()
    documents = 0
    for part in ("train", "test"):
        for name, _ in simulate.all_names(part):  # type: ignore[arg-type]
            found = variants(name)
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
    rng = random.Random(7)
    out: list[Tenant] = []
    kinds = ("trading", "trading", "mixed", "legal", "both")
    for seed in range(36):
        blanks = {k: rng.choice((0.0, 0.3, 0.7, 1.0, 1.0)) for k in ("address", "phone", "domain", "city", "seats")}
        evidence = Evidence(**blanks)
        if seed % 3 == 0:
            evidence = Evidence()
        elif seed % 3 == 1:
            evidence = Evidence(address=rng.choice((0.0, 0.3, 0.7)))
        size = rng.choice((40, 120, 280, 280, 600, 1500))
        out.append(simulate.chicago_tenant("train", seed, size, rng.choice(kinds), evidence, seed % 7 == 6))  # type: ignore[arg-type]
    for seed in range(16):
        out.append(simulate.domain_tenant("train", seed, "bodies", rng.choice((40, 300)), rng.choice((0.0, 0.5))))
        out.append(simulate.domain_tenant("train", seed, "universities", rng.choice((40, 300)), rng.choice((0.0, 0.5))))
        out.append(simulate.noised_tenant("train", seed, rng.choice((40, 300, 1000)), rng.choice((0.0, 0.7))))
    out += [simulate.noised_tenant("train", 100, 8000), simulate.noised_tenant("train", 101, 4000)]
    return out


def sample(tenant: Tenant) -> Sample:
    """Candidate pairs of a tenant; every tenant weighs alike, however many pairs it has."""
    left, right = prepare(tenant.left), prepare(tenant.right)
    pairs = block(left, right)
    ids = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    truth = np.array([(tenant.left[i].id, tenant.right[j].id) in tenant.links for i, j in ids], np.bool_)
    weight = np.full(truth.size, 1.0 / max(200.0, float(truth.sum())))
    return Sample(pairs.left, pairs.right, features.features(left, right, pairs), truth, weight)


def _boosted() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=300,
        max_leaf_nodes=8,
        learning_rate=0.1,
        min_samples_leaf=40,
        l2_regularization=1.0,
        interaction_cst="no_interactions",
        monotonic_cst=[1 if name in RISING else 0 for name in features.NAMES],
        early_stopping=False,
        random_state=0,
    )


def _walk(nodes: NDArray[Any], value: float) -> float:
    """The leaf value that one feature value reaches in a tree of that feature alone."""
    at = 0
    while not nodes[at]["is_leaf"]:
        node = nodes[at]
        goes_left = bool(node["missing_go_to_left"]) if np.isnan(value) else value <= node["num_threshold"]
        at = int(node["left"] if goes_left else node["right"])
    return float(nodes[at]["value"])


def collapse(boosted: HistGradientBoostingClassifier, matrix: NDArray[np.float32]) -> tuple[float, list[score.Shape]]:
    """The boosted trees as an intercept and one step function per feature: the same sum, told by feature.

    Possible because no tree splits on two features. Neutral is the value at NaN, or for what is always present
    the average over `matrix`.
    """
    intercept = float(np.ravel(boosted._baseline_prediction)[0])
    trees: list[list[NDArray[Any]]] = [[] for _ in features.NAMES]
    for (predictor,) in boosted._predictors:
        nodes = predictor.nodes
        if nodes[0]["is_leaf"]:
            intercept += float(nodes[0]["value"])
        else:
            trees[int(nodes[0]["feature_idx"])].append(nodes)
    shapes = []
    for k, (name, owned) in enumerate(zip(features.NAMES, trees, strict=True)):
        edges = sorted({float(n["num_threshold"]) for nodes in owned for n in nodes if not n["is_leaf"]} - {np.inf})
        points = [*edges, edges[-1] + 1.0] if edges else [0.0]
        values = np.array([sum(_walk(nodes, point) for nodes in owned) for point in points], np.float64)
        missing = sum(_walk(nodes, float("nan")) for nodes in owned)
        shape = score.Shape(np.array(edges, np.float64), values, missing, missing)
        if features.GROUPS[name] in score.ALWAYS_PRESENT:
            shape = replace(shape, neutral=float(shape(matrix[:, k]).mean()))
        shapes.append(shape)
    return intercept, shapes


def _context_of(samples: list[Sample], own: Floats) -> Floats:
    parts = []
    start = 0
    for one in samples:
        stop = start + one.truth.size
        parts.append(context.context(one.left, one.right, own[start:stop]))
        start = stop
    return np.vstack(parts)


def train(samples: list[Sample], about: dict[str, Any]) -> score.Model:
    """Fit both steps; the second one on out-of-fold scores, folds by tenant, so that it is calibrated on the unseen."""
    matrix = np.vstack([s.matrix for s in samples])
    truth = np.concatenate([s.truth for s in samples])
    weight = np.concatenate([s.weight for s in samples])
    weight /= weight.mean()
    tenant = np.repeat(np.arange(len(samples)), [s.truth.size for s in samples])
    own = np.zeros(truth.size)
    for fold in range(FOLDS):
        held = tenant % FOLDS == fold
        fitted = _boosted().fit(matrix[~held], truth[~held], sample_weight=weight[~held])
        own[held] = fitted.decision_function(matrix[held])
    standing = _context_of(samples, own)
    second = LogisticRegression(C=10.0, max_iter=5000)
    second.fit(np.column_stack([own, standing]), truth, sample_weight=weight)
    intercept, shapes = collapse(_boosted().fit(matrix, truth, sample_weight=weight), matrix)
    weights = second.coef_[0].astype(np.float64)
    neutral = np.array([context.REACH if name.startswith("lead") else 0.0 for name in context.NAMES])
    return score.Model(
        intercept=intercept,
        shapes=tuple(shapes),
        groups=tuple(features.GROUPS.values()),
        scale=float(weights[0]),
        shift=float(second.intercept_[0]),
        context_weights=weights[1:],
        context_neutral=neutral,
        about=about,
    )


def data_hash() -> str:
    """SHA-256 over the labelled sets that training reads."""
    digest = hashlib.sha256()
    for name in SETS:
        digest.update(gzip.decompress((DATA / f"{name}.csv.gz").read_bytes()))
    return digest.hexdigest()


def main(argv: list[str] | None = None) -> int:
    """Train and write the model; prints what was measured on the frozen tenants."""
    parser = argparse.ArgumentParser(prog="python -m matching.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=DATA / score.FILE, help="where the model goes")
    parser.add_argument("--keep-background", action="store_true", help="do not count the background corpus anew")
    options = parser.parse_args(argv)
    # scikit-learn warns about its own use of threads inside gradient boosting; there is nothing to act on.
    warnings.filterwarnings("ignore", message=".*sklearn.utils.parallel.delayed.*")
    if not options.keep_background:
        build_background(DATA / background.FILE)
        background.background.cache_clear()
    samples = [sample(tenant) for tenant in tenants()]
    pairs, links = sum(s.truth.size for s in samples), int(sum(s.truth.sum() for s in samples))
    print(f"{len(samples)} tenants, {pairs} candidate pairs, {links} links among them", file=sys.stderr)
    about = {"sets": list(SETS), "data_sha256": data_hash(), "tenants": len(samples), "pairs": pairs, "links": links}
    model = train(samples, about)
    from matching.evaluate import frozen_report

    model = replace(model, about={**about, "frozen": frozen_report(model)})
    score.dump(model, options.out)
    print(json.dumps(model.about, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
