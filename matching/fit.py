"""Fits a model of any kind to labelled candidate pairs: boosted shapes, then the step over the rivals. No data here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matching import context, score
from matching.score import Schema

Floats = NDArray[np.float64]
FOLDS = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One tenant's candidate pairs: features, who they belong to, and which are true links."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    matrix: NDArray[np.float32]
    truth: NDArray[np.bool_]
    weight: Floats


def _boosted(schema: Schema, rising: frozenset[str]) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=400,
        max_leaf_nodes=8,
        learning_rate=0.1,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=0.3,  # every feature gets its say, also beside a stronger one that is blank elsewhere
        interaction_cst="no_interactions",
        monotonic_cst=[1 if name in rising else 0 for name in schema.names],
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


def collapse(
    boosted: HistGradientBoostingClassifier, matrix: NDArray[np.float32], schema: Schema
) -> tuple[float, list[score.Shape]]:
    """The boosted trees as an intercept and one step function per feature: the same sum, told by feature.

    Possible because no tree splits on two features. Neutral is the value at NaN, or for what is always present
    the average over `matrix`.
    """
    intercept = float(np.ravel(boosted._baseline_prediction)[0])
    trees: list[list[NDArray[Any]]] = [[] for _ in schema.names]
    for (predictor,) in boosted._predictors:
        nodes = predictor.nodes
        if nodes[0]["is_leaf"]:
            intercept += float(nodes[0]["value"])
        else:
            trees[int(nodes[0]["feature_idx"])].append(nodes)
    shapes = []
    for k, (name, owned) in enumerate(zip(schema.names, trees, strict=True)):
        edges = sorted({float(n["num_threshold"]) for nodes in owned for n in nodes if not n["is_leaf"]} - {np.inf})
        points = [*edges, edges[-1] + 1.0] if edges else [0.0]
        values = np.array([sum(_walk(nodes, point) for nodes in owned) for point in points], np.float64)
        missing = sum(_walk(nodes, float("nan")) for nodes in owned)
        shape = score.Shape(np.array(edges, np.float64), values, missing, missing)
        if schema.groups[name] in schema.always_present:
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


def fit(samples: list[Sample], about: Mapping[str, Any], schema: Schema, rising: frozenset[str]) -> score.Model:
    """Fit both steps; the second one on out-of-fold scores, folds by tenant, so that it is calibrated on the unseen."""
    matrix = np.vstack([s.matrix for s in samples])
    truth = np.concatenate([s.truth for s in samples])
    weight = np.concatenate([s.weight for s in samples])
    weight /= weight.mean()
    tenant = np.repeat(np.arange(len(samples)), [s.truth.size for s in samples])
    with threadpool_limits(1):  # boosting's own threads wait for each other longer than they work
        return _fit(samples, matrix, truth, weight, tenant, about, schema, rising)


def _fit(
    samples: list[Sample],
    matrix: NDArray[np.float32],
    truth: NDArray[np.bool_],
    weight: Floats,
    tenant: NDArray[np.int64],
    about: Mapping[str, Any],
    schema: Schema,
    rising: frozenset[str],
) -> score.Model:
    own = np.zeros(truth.size)
    for fold in range(FOLDS):
        held = tenant % FOLDS == fold
        fitted = _boosted(schema, rising).fit(matrix[~held], truth[~held], sample_weight=weight[~held])
        own[held] = fitted.decision_function(matrix[held])
    standing = _context_of(samples, own)
    second = LogisticRegression(C=10.0, max_iter=5000)
    second.fit(np.column_stack([score.bent(own), standing]), truth, sample_weight=weight)
    intercept, shapes = collapse(_boosted(schema, rising).fit(matrix, truth, sample_weight=weight), matrix, schema)
    weights = second.coef_[0].astype(np.float64)
    bends = weights.size - len(context.NAMES)
    return score.Model(
        schema=schema,
        intercept=intercept,
        shapes=tuple(shapes),
        bend=weights[:bends],
        shift=float(second.intercept_[0]),
        context_weights=weights[bends:],
        context_neutral=np.zeros(len(context.NAMES)),
        about=about,
    )
