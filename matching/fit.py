"""Fits a model of any kind to labelled candidate pairs: boosted shapes, then the step over the rivals. No data here."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matching import context, score
from matching.score import Schema

Floats = NDArray[np.float64]
FOLDS = 4
TREES = 250


@dataclass(frozen=True, slots=True)
class Sample:
    """One tenant's candidate pairs: features, who they belong to, and which are true links."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    matrix: NDArray[np.float32]
    truth: NDArray[np.bool_]
    weight: Floats


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is allowed to a model, and how it is fitted.

    `rising`: features that may only ever speak for a pair as they rise. `pairs`: how many pairs of features speak
    together. `kept`: the share of the pairs without a link that boosting is shown.
    """

    schema: Schema
    rising: frozenset[str]
    pairs: int = 0
    kept: float = 1.0


Allowed = Literal["no_interactions", "pairwise"] | list[set[int]]


def _boosted(recipe: Recipe, allowed: Allowed) -> HistGradientBoostingClassifier:
    together = allowed != "no_interactions"
    return HistGradientBoostingClassifier(
        max_iter=TREES if together else 400,
        max_leaf_nodes=12 if together else 8,
        max_bins=64 if together else 255,  # the steps of tables, which stand in the file by the square
        learning_rate=0.1,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=0.3,  # every feature gets its say, also beside a stronger one that is blank elsewhere
        interaction_cst=allowed,
        monotonic_cst=[1 if name in recipe.rising else 0 for name in recipe.schema.names],
        early_stopping=False,
        random_state=0,
    )


Nodes = NDArray[Any]
Path = dict[int, NDArray[np.bool_]]


def _leaves(nodes: Nodes, at: int, path: Path, edges: list[Floats]) -> Iterator[tuple[Path, float]]:
    """Every leaf with the steps of each feature that lead to it, the last step standing for NaN."""
    node = nodes[at]
    if node["is_leaf"]:
        yield path, float(node["value"])
        return
    feature = int(node["feature_idx"])
    goes_left = np.append(
        np.arange(edges[feature].size + 1) <= np.searchsorted(edges[feature], node["num_threshold"]),
        bool(node["missing_go_to_left"]),
    )
    before = path.get(feature, np.ones(goes_left.size, np.bool_))
    yield from _leaves(nodes, int(node["left"]), {**path, feature: before & goes_left}, edges)
    yield from _leaves(nodes, int(node["right"]), {**path, feature: before & ~goes_left}, edges)


def collapse(
    boosted: HistGradientBoostingClassifier, matrix: NDArray[np.float32], schema: Schema
) -> tuple[float, list[score.Shape], list[score.Table]]:
    """The boosted trees as an intercept, a step function of each feature and tables of pairs: the same sum.

    Possible because no way through a tree asks for more than two features (`ValueError` otherwise). Neutral is the
    value at NaN, or for what is always present the average over `matrix`.
    """
    intercept = float(np.ravel(boosted._baseline_prediction)[0])
    trees = [predictor.nodes for (predictor,) in boosted._predictors]
    asked: list[set[float]] = [set() for _ in schema.names]
    for nodes in trees:
        for node in nodes[nodes["is_leaf"] == 0]:
            asked[int(node["feature_idx"])].add(float(node["num_threshold"]))
    edges = [np.array(sorted(found - {np.inf}), np.float64) for found in asked]
    single = [np.zeros(found.size + 2) for found in edges]
    double: dict[tuple[int, int], Floats] = {}
    for nodes in trees:
        for path, value in _leaves(nodes, 0, {}, edges):
            if not path:
                intercept += value
            elif len(path) == 1:
                ((feature, kept),) = path.items()
                single[feature][kept] += value
            else:
                if len(path) > 2:
                    raise ValueError("a tree asks for three features on one way; restrict it to pairs")
                first, second = sorted(path)
                table = double.setdefault((first, second), np.zeros((single[first].size, single[second].size)))
                table[np.outer(path[first], path[second])] += value
    weights = [
        _usual(edges[k], matrix[:, k], schema.groups[name] in schema.always_present)
        for k, name in enumerate(schema.names)
    ]
    shapes = [
        score.Shape(found, values[:-1], float(values[-1]), float(values @ usual))
        for found, values, usual in zip(edges, single, weights, strict=True)
    ]
    tables = []
    for (first, second), exact in sorted(double.items()):
        values = np.round(exact, 5)
        one, two = values @ weights[second], weights[first] @ values
        tables.append(score.Table(first, second, values, one, two, float(one @ weights[first])))
    return intercept, shapes, tables


def _usual(edges: Floats, column: NDArray[np.float32], always: bool) -> Floats:
    """How often each step of a feature occurs where it says nothing particular: NaN only, unless always present."""
    if not always:
        return np.append(np.zeros(edges.size + 1), 1.0)
    return np.bincount(score.steps(edges, column), minlength=edges.size + 2) / max(1, column.size)


def telling_pairs(free: HistGradientBoostingClassifier, recipe: Recipe) -> Allowed:
    """The pairs of features that trees gain most by asking together, every feature alone beside them."""
    gain: dict[tuple[int, int], float] = defaultdict(float)

    def walk(nodes: Nodes, at: int, above: frozenset[int]) -> None:
        node = nodes[at]
        if node["is_leaf"]:
            return
        here = above | {int(node["feature_idx"])}
        if len(here) == 2:
            first, second = sorted(here)
            gain[first, second] += float(node["gain"])
        walk(nodes, int(node["left"]), here)
        walk(nodes, int(node["right"]), here)

    for (predictor,) in free._predictors:
        walk(predictor.nodes, 0, frozenset())
    best = sorted(gain, key=lambda pair: (-gain[pair], pair))[: recipe.pairs]
    return [*map(set, best), *({k} for k in range(len(recipe.schema.names)))]


def _thinned(truth: NDArray[np.bool_], weight: Floats, share: float) -> tuple[NDArray[np.bool_], Floats]:
    """All links and a repeatable draw of the other pairs, which weigh the more: most of them are far from any doubt."""
    kept = truth | (np.random.default_rng(0).random(truth.size) < share)
    return kept, np.where(truth, weight, weight / share)


def _context_of(samples: list[Sample], own: Floats) -> Floats:
    parts = []
    start = 0
    for one in samples:
        stop = start + one.truth.size
        parts.append(context.context(one.left, one.right, own[start:stop]))
        start = stop
    return np.vstack(parts)


def fit(samples: list[Sample], about: Mapping[str, Any], recipe: Recipe) -> score.Model:
    """Fit both steps; the second one on out-of-fold scores, folds by tenant, so that it is calibrated on the unseen."""
    matrix = np.vstack([s.matrix for s in samples])
    truth = np.concatenate([s.truth for s in samples])
    weight = np.concatenate([s.weight for s in samples])
    weight /= weight.mean()
    tenant = np.repeat(np.arange(len(samples)), [s.truth.size for s in samples])
    with threadpool_limits(1):  # boosting's own threads wait for each other longer than they work
        kept, heft = _thinned(truth, weight, recipe.kept)

        def boosted(rows: NDArray[np.bool_], allowed: Allowed) -> HistGradientBoostingClassifier:
            return _boosted(recipe, allowed).fit(matrix[rows], truth[rows], sample_weight=heft[rows])

        allowed = telling_pairs(boosted(kept, "pairwise"), recipe) if recipe.pairs else "no_interactions"
        own = np.zeros(truth.size)
        for fold in range(FOLDS):
            held = tenant % FOLDS == fold
            own[held] = boosted(kept & ~held, allowed).decision_function(matrix[held])
        whole = boosted(kept, allowed)
    standing = _context_of(samples, own)
    second = LogisticRegression(C=10.0, max_iter=5000)
    second.fit(np.column_stack([score.bent(own), standing]), truth, sample_weight=weight)
    intercept, shapes, tables = collapse(whole, matrix, recipe.schema)
    weights = second.coef_[0].astype(np.float64)
    bends = weights.size - len(context.NAMES)
    return score.Model(
        schema=recipe.schema,
        intercept=intercept,
        shapes=tuple(shapes),
        bend=weights[:bends],
        shift=float(second.intercept_[0]),
        context_weights=weights[bends:],
        context_neutral=np.zeros(len(context.NAMES)),
        about=about,
        tables=tuple(tables),
    )
